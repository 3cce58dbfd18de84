/** What dead letters and ledgers tell, held against what is known of the inputs. */
import * as Ledger from "../../packages/core/src/Ledger.ts"
import type { Input } from "./input.ts"

type Complain = (what: string, seed?: number) => void

/** A dead letter as it is exported. */
export interface Letter {
  readonly id: number
  readonly route: string
  readonly reason: string
  readonly detail: string
  readonly origin: { readonly source: string; readonly split: string }
}

interface Told {
  readonly letters: ReadonlyArray<Letter>
  /** The inputs that are files, by their names. */
  readonly files: ReadonlyMap<string, Input>
  readonly inputs: ReadonlyArray<Input>
  /** Bodies that were answered 200. */
  readonly stored: ReadonlySet<Input>
  /** Files that are not read to their end. */
  readonly unread: number
  readonly complain: Complain
}

/** No letter speaks of a defect, every harm is told of, and of what is whole there is no letter. */
export const judge = ({ letters, files, inputs, stored, unread, complain }: Told): void => {
  const told = new Map<string, Letter>()
  for (const letter of letters) {
    if (/defect/i.test(`${letter.reason} ${letter.detail}`))
      complain(`a dead letter speaks of a defect: ${letter.detail}`, files.get(letter.origin.split)?.seed)
    if (letter.origin.source === "files" && !told.has(letter.origin.split))
      told.set(letter.origin.split, letter)
  }
  const silent: Array<Input> = []
  for (const [name, input] of files) {
    const letter = told.get(name)
    if (input.isClean && letter !== undefined && !/mparticle/.test(letter.reason) && isOfIntake(letter))
      complain(`a dead letter of a whole file: ${letter.reason} ${letter.detail}`, input.seed)
    if (input.isHarmed && letter === undefined) silent.push(input)
  }
  if (silent.length > unread)
    complain(
      `nothing tells of the harm of: ${silent.map(({ seed }) => seed).join(" ")}`,
      silent.length === 1 ? silent[0]!.seed : undefined
    )

  for (const [source, harmed] of [
    ["lines", inputs.filter(({ way, isHarmed }) => way === "line" && isHarmed)],
    ["posts", [...stored].filter(({ isHarmed }) => isHarmed)]
  ] as const) {
    const count = letters.filter(({ route, origin }) => route === "kept" && origin.source === source).length
    if (count < harmed.length)
      complain(
        `${count} dead letters of ${source}, where ${harmed.length} are due: ${harmed.map(({ seed }) => seed).join(" ")}`
      )
  }
}

/** The reasons for which something ends before any destination sees it. */
const isOfIntake = ({ reason }: Letter) =>
  /^(malformed|not-an-event|too-long|damaged-|not-gzip|not-currents)/.test(reason)

/** The ledger that a run prints, which must balance. */
export const ledgerIn = (
  stdout: string,
  complain: Complain
): { readonly ledger: Ledger.Ledger; readonly unread: number } => {
  try {
    const { unread, ...ledger } = JSON.parse(stdout)
    for (const { route, missing } of Ledger.imbalance(ledger))
      complain(`the ledger of ${route} does not balance by ${missing}`)
    if (Ledger.total(ledger, "waiting") > 0) complain("events are waiting")
    return { ledger, unread: Number(unread.splits) }
  } catch {
    complain(`no ledger: ${stdout.slice(0, 200)}`)
    return { ledger: { routes: {} }, unread: 0 }
  }
}
