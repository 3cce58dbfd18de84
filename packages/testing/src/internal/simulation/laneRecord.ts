/** What is known of one lane from outside the engine, and the promises that concern one lane. */
import type { PlannedEvent, PlannedRoute } from "./plan.ts"
import type { Violate } from "./promises.ts"

export interface Facts {
  readonly route: string
  readonly lane: string
  readonly isHealthy: boolean
  readonly isOrdered: boolean
  readonly isGrouped: boolean
  readonly concurrency: number
  readonly retention: number
  readonly share: PlannedRoute["share"]
  readonly now: () => number
  readonly life: () => { readonly number: number; readonly bootedAt: number }
  /** When a life ended; `undefined` while it lasts. */
  readonly endOf: (life: number) => number | undefined
  readonly eventOf: (id: string) => PlannedEvent | undefined
  readonly violate: Violate
}

export interface LaneRecord {
  readonly facts: Facts
  /** An event is durable; its retention counts from `since`. */
  readonly appended: (id: string, since: number) => void
  /** A request leaves for the remote, and is over. */
  readonly sent: () => void
  readonly over: () => void
  /** The engine was asked to come back no sooner. */
  readonly asked: (until: number) => void
  /** The key was refused, or there is none. A closed lane may be tried again whenever its key may have changed, whatever was asked. */
  readonly refused: () => void
  /** All that was sent was taken. */
  readonly welcomed: () => void
  readonly paused: (isPaused: boolean) => void
  readonly accepted: (message: string, events: ReadonlyArray<string>) => void
  /** An event that became durable at a time has ended, delivered or dead. */
  readonly ended: (id: string, durableAt: number) => void
  readonly isAccepted: (id: string) => boolean
  readonly isLate: (id: string, at: number) => boolean
  /** It became a dead letter before an attempt was due: later events of its user may overtake it. */
  readonly setAside: (id: string) => void
  /** A parcel of so many bytes is durable, and while so many chunks at most could be on their way. */
  readonly filled: (bytes: number, slack: number) => void
  readonly emptied: (bytes: number) => void
  /** Whether the lane holds as much as it may and more. */
  readonly isFull: () => boolean
  readonly newLife: () => void
}

/** A healthy lane delivers within this time of the append, or of the start. */
const promptness = 30_000

/** What a life that lasted so long after an answer has certainly stored. */
const grace = 10_000

export const make = (facts: Facts): LaneRecord => {
  const { now, violate } = facts
  const at = `${facts.route}/${facts.lane}`
  const appended = new Map<string, { order: number; at: number; since: number; copies: number }>()
  const accepted = new Map<string, string>()
  const lastOf = new Map<string, { readonly order: number; readonly id: string }>()
  const setAside = new Set<string>()
  let filled = 0
  let asked: { readonly until: number; readonly at: number; readonly life: number } | undefined
  let pausedSince: number | undefined
  let isRefused = false
  let underWay = 0

  const tooSoon = () => {
    if (asked === undefined || now() >= asked.until || now() <= asked.at) return false
    if (asked.life === facts.life().number) return true
    return (facts.endOf(asked.life) ?? 0) > asked.at + grace
  }

  const first = (id: string, event: PlannedEvent) => {
    const entry = appended.get(id)
    if (entry === undefined)
      return violate("at-least-once", `${at}: ${id} was accepted before it was durable`)
    const delay = now() - Math.max(entry.at, facts.life().bootedAt)
    if (facts.isHealthy && delay > promptness) {
      violate("isolation", `${at}: ${id} took ${delay} ms in a lane that nothing is wrong with`)
    }
    if (!facts.isOrdered || setAside.has(id)) return
    const last = lastOf.get(event.user)
    if (last !== undefined && last.order > entry.order) {
      violate("order", `${at}: ${id} of ${event.user} was overtaken by ${last.id}`)
    }
    lastOf.set(event.user, { order: entry.order, id })
  }

  /** A chunk that a client had to repeat is stored twice, and its second copy may be grouped otherwise. */
  const isRegrouped = (id: string) => facts.isGrouped && (appended.get(id)?.copies ?? 0) > 1

  return {
    facts,
    appended: (id, since) => {
      const entry = appended.get(id)
      if (entry === undefined) appended.set(id, { order: appended.size, at: now(), since, copies: 1 })
      else entry.copies++
    },
    sent: () => {
      underWay++
      if (underWay > facts.concurrency) violate("bounds", `${at}: ${underWay} requests at once`)
      if (tooSoon())
        violate("waits", `${at}: a request came ${asked!.until - now()} ms sooner than the remote asked`)
      if (pausedSince !== undefined && now() > pausedSince)
        violate("waits", `${at}: a request came while paused`)
    },
    over: () => {
      underWay--
    },
    asked: (until) => {
      if (!isRefused && until > (asked?.until ?? 0)) asked = { until, at: now(), life: facts.life().number }
    },
    refused: () => {
      isRefused = true
      asked = undefined
    },
    welcomed: () => {
      isRefused = false
    },
    paused: (isPaused) => {
      pausedSince = isPaused ? now() : undefined
      asked = undefined
    },
    accepted: (message, events) => {
      for (const id of events) {
        const event = facts.eventOf(id)
        if (event === undefined) {
          violate("at-least-once", `${at}: ${id} was accepted and never planned`)
          continue
        }
        const before = accepted.get(id)
        if (before === undefined) first(id, event)
        else if (before !== message && !isRegrouped(id)) {
          violate("stable-ids", `${at}: ${id} was accepted in message ${before}, then again in ${message}`)
        }
        accepted.set(id, message)
      }
    },
    ended: (id, durableAt) => {
      const delay = now() - Math.max(durableAt, facts.life().bootedAt)
      if (facts.isHealthy && delay > promptness) {
        violate("isolation", `${at}: ${id} took ${delay} ms to end in a lane that nothing is wrong with`)
      }
    },
    isAccepted: (id) => accepted.has(id),
    isLate: (id, at) => at - (appended.get(id)?.since ?? at) >= facts.retention,
    setAside: (id) => {
      setAside.add(id)
    },
    filled: (bytes, slack) => {
      const { share } = facts
      if (share !== undefined && filled > 0 && filled >= share.size + slack)
        violate("bounds", `${at}: a parcel was stored where ${filled} of ${share.size} bytes were filled`)
      filled += bytes
    },
    emptied: (bytes) => {
      filled -= bytes
    },
    isFull: () => facts.share !== undefined && filled >= facts.share.size,
    newLife: () => {
      underWay = 0
    }
  }
}
