import type { Records } from "@millrace/core/Codec"
import type { Count } from "@millrace/core/Ledger"
import type { Appending, Buried, LaneKey, NewParcel, Parcel, Settlement } from "@millrace/core/Outbox"

const encoder = new TextEncoder()

export const ios: LaneKey = { route: "crm", lane: "ios" }
export const web: LaneKey = { route: "crm", lane: "web" }
/** The same lane name under another route: another lane. */
export const auditIos: LaneKey = { route: "audit", lane: "ios" }

/** One record per text. The bytes stand in the middle of a larger buffer, as those of a source often do. */
export const records = (texts: ReadonlyArray<string>, codec = "test/1", parameter = ""): Records => {
  const parts = texts.map((text) => encoder.encode(text))
  const size = parts.reduce((total, part) => total + part.length, 0)
  const bytes = new Uint8Array(size + 13).subarray(5, 5 + size)
  const ends = new Uint32Array(parts.length)
  let at = 0
  parts.forEach((part, i) => {
    bytes.set(part, at)
    ends[i] = at += part.length
  })
  return { codec, parameter, bytes, ends }
}

export const texts = ({ bytes, ends }: Records): ReadonlyArray<string> =>
  Array.from(ends, (end, i) => new TextDecoder().decode(bytes.subarray(ends[i - 1] ?? 0, end)))

export const parcel = (lane: LaneKey, ...events: ReadonlyArray<string>): NewParcel => ({
  ...lane,
  records: records(events)
})

export const buried = (text: string, routes: ReadonlyArray<string>): Buried => ({
  routes,
  reason: "malformed",
  detail: "line 12: not JSON",
  record: encoder.encode(text),
  codec: "",
  parameter: ""
})

/** A chunk that balances: every event and every buried record counts as read by its route. */
export const chunk = (
  parcels: ReadonlyArray<NewParcel>,
  rest: Partial<
    Pick<Appending, "at" | "buried" | "origin" | "advance" | "revives" | "remember" | "forget">
  > = {}
): Appending => {
  const counts: Array<Count> = parcels.map(({ route, records: { ends } }) => read(route, ends.length))
  for (const { routes } of rest.buried ?? []) counts.push(...routes.map((route) => read(route, 1)))
  const origin = { source: "default", split: "a.ndjson", position: "" }
  return { origin, at: 1_000, parcels, buried: [], counts, ...rest }
}

/** The same chunk as the next one of a split. */
export const advancing = (entry: Appending, after: string | undefined, to: string): Appending => ({
  ...entry,
  origin: { ...entry.origin, position: to },
  advance: { split: entry.origin.split, after, to }
})

export const settlement = (of: number, rest: Partial<Settlement>): Settlement => ({
  parcel: of,
  delivered: [],
  dead: [],
  attempts: 1,
  at: 2_000,
  ...rest
})

export const dead = (position: number, reason = "bad-request", detail = "400: no such field") => ({
  position,
  reason,
  detail
})

/** Positions of a stored parcel that still wait. */
export const waiting = ({ records: { ends }, settled }: Parcel): ReadonlyArray<number> =>
  Array.from(ends.keys()).filter((position) => ((settled[position >> 3]! >> (position & 7)) & 1) === 0)

const read = (route: string, events: number): Count => ({ route, kind: "read", key: "", events })

/** For what comes in no order. */
export const sorted = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
  [...items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
