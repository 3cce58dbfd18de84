/** Events of a few users with many each, whose order is known, and whether they came in this order. */
import * as Sample from "../../packages/events-braze/src/Sample.ts"

const users = 20
const perUser = 50
const type = "users.messages.email.Open"
const time = 1_782_742_805_000

export const events = users * perUser

const idOf = (user: number, place: number): string => `order-${user}-${place}`

/** The lines of a file: its users take turns, so that each has events in many parcels. */
export const lines = (): string => {
  const sample = Sample.make({ seed: 11, users })
  return Array.from({ length: events }, (_, index) => {
    const [user, place] = [index % users, Math.floor(index / users)]
    const event = Sample.toCustomHttp(sample.event(type, index, time + index))
    const known = { ...event, id: idOf(user, place), user: { external_user_id: `user-of-order-${user}` } }
    return `${JSON.stringify(known)}\n`
  }).join("")
}

interface Batch {
  readonly source_request_id?: string
}

/**
 * How many of the events came, and how many of them after a later one of their user. A repeat does not count: it comes after what
 * followed it.
 */
export const look = (bodies: Iterable<string>): { readonly came: number; readonly wrong: number } => {
  const seen = new Set<string>()
  const latest = new Map<string, number>()
  let wrong = 0
  for (const body of bodies) {
    const batches: ReadonlyArray<Batch> = JSON.parse(body)
    for (const { source_request_id: id = "" } of batches) {
      const [, user, place] = /^order-(\d+)-(\d+)$/.exec(id) ?? []
      if (user === undefined || seen.has(id)) continue
      seen.add(id)
      const before = latest.get(user) ?? -1
      if (Number(place) < before) wrong++
      latest.set(user, Math.max(before, Number(place)))
    }
  }
  return { came: seen.size, wrong }
}
