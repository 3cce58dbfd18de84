/** What a destination makes of answers, as a table: all that means the same in one row. */
import { code, type Row, table } from "./markdown.ts"
import type { Findings, Verdict } from "./probe.ts"
import type { Subject } from "./subjects.ts"

type Found = readonly [answer: string, verdict: Verdict]

export const outcomeTable = ({ address, remote, taken }: Subject, findings: Findings): string => {
  const byStatus = [...findings.statuses]
  const found: ReadonlyArray<Found> = [
    ...classOf(2, byStatus, taken === undefined ? "" : ` with ${taken.name}`),
    ...(taken === undefined ? [] : [["2xx with anything else", findings.otherBody] as const]),
    ...[3, 4, 5].flatMap((digit) => classOf(digit, byStatus)),
    ...pages(findings),
    ...findings.others,
    ...findings.broken
  ]
  return table([`${remote} answers`, "outcome"], rows(found, address))
}

const rows = (found: ReadonlyArray<Found>, address: string): ReadonlyArray<Row> =>
  [...Map.groupBy(found, ([, verdict]) => keyOf(verdict)).values()].map((alike) => {
    const names = new Set(alike.map(([answer]) => answer))
    return [[...names].join(", "), words(alike[0]![1], address)]
  })

const keyOf = (verdict: Verdict): string => JSON.stringify(verdict)

/** One status by its number, and what most of the class share by the name of the class, at its first status. */
const classOf = (digit: number, all: ReadonlyArray<readonly [number, Verdict]>, suffix = "") => {
  const members = all.filter(([status]) => classed(status) === digit)
  const byOutcome = Map.groupBy(members, ([, verdict]) => keyOf(verdict))
  const most = [...byOutcome.values()].reduce((one, other) => (other.length > one.length ? other : one))
  const isWhole = most.length === members.length
  const first = most[0]![0]
  const rest = first === digit * 100 ? `${first} and all other ${digit}xx` : `all other ${digit}xx`
  return members.flatMap((member): ReadonlyArray<Found> => {
    const [status, verdict] = member
    if (!most.includes(member)) return [[`${status}${suffix}`, verdict]]
    return status === first ? [[(isWhole ? `${digit}xx` : rest) + suffix, verdict]] : []
  })
}

/** A web page comes from somebody in between: a row where it means something else than its status. */
const pages = ({ pages, statuses }: Findings): ReadonlyArray<Found> => {
  const isOther = ([status, verdict]: readonly [number, Verdict]) =>
    keyOf(verdict) !== keyOf(statuses.get(status)!)
  const [different] = [...pages].filter(isOther)
  if (different === undefined) return []
  const [, verdict] = different
  const isExcepted = (status: number) => keyOf(pages.get(status)!) !== keyOf(verdict)
  const asked = [...pages.keys()]
  const isWhole = (digit: number) => asked.filter((status) => classed(status) === digit).every(isExcepted)
  const except = asked
    .filter(isExcepted)
    .map((status) => (isWhole(classed(status)) ? `${classed(status)}xx` : String(status)))
  const names = [...new Set(except)]
  return [[`a web page${names.length === 0 ? "" : ` (other than with ${names.join(", ")})`}`, verdict]]
}

const classed = (status: number): number => Math.floor(status / 100)

const words = (verdict: Verdict, address: string): string => {
  const { kind, reason } = verdict
  const name = kind === "Retry" || kind === "Rejected" ? `${kind} ${code(reason ?? "")}` : kind
  const then = explained(verdict, address)
  return `${name}${wait(verdict)}${then === "" ? "" : `: ${then}`}`
}

const wait = ({ heedsRetryAfter, pauseSeconds }: Verdict): string => {
  const asked = ` after ${code("Retry-After")}`
  if (pauseSeconds === undefined) return heedsRetryAfter ? `${asked} if given` : ""
  return heedsRetryAfter ? `${asked}, else ${pauseSeconds} seconds` : ` after ${pauseSeconds} seconds`
}

/** What the core does then: the same for every destination. */
const explained = ({ isOfAllLanes, kind, reason }: Verdict, address: string): string => {
  switch (kind) {
    case "Delivered":
      return ""
    case "Retry":
      if (reason === "wrong-address") return `events wait until ${address} is corrected`
      return isOfAllLanes ? "all lanes wait, then the same ids again" : "the same ids again"
    case "Rejected":
      return "halved until the culprit stands alone, a dead letter"
    case "Unauthorized":
      return "the lane closes and its events wait for other credentials; other lanes go on"
    case "TooLarge":
      return "halved; an event that stands alone is a dead letter"
  }
}
