/** What is known of one lane from outside the engine, and the promises that concern one lane. */
import type { PlannedEvent, PlannedRoute } from "./plan.ts"
import type { Violate } from "./promises.ts"

export interface Facts {
  readonly route: string
  readonly lane: string
  readonly isHealthy: boolean
  readonly isOrdered: boolean
  readonly isGrouped: boolean
  readonly judgesEvents: boolean
  readonly concurrency: number
  readonly retention: number
  readonly share: PlannedRoute["share"]
  readonly now: () => number
  readonly life: () => { readonly bootedAt: number }
  /** When a process ended; `undefined` while it lasts. */
  readonly endOf: (process: object) => number | undefined
  /** Whether several processes run at once: what one was told, another may not have heard. */
  readonly isFleet: boolean
  /** The part of the lane's tracks that a process has. */
  readonly partOf: (by: object) => number
  /** Whether a former owner may still send what has ended. */
  readonly mayRepeat: () => boolean
  /** Whether two processes may have the same event under way. */
  readonly isUnruly: () => boolean
  /** Whether another has the track of an event by now, and this process has had time to give it up. */
  readonly isOthers: (id: string, by: object) => boolean
  readonly eventOf: (id: string) => PlannedEvent | undefined
  readonly violate: Violate
}

export interface LaneRecord {
  readonly facts: Facts
  /** An event is durable; its retention counts from `since`. */
  readonly appended: (id: string, since: number) => void
  /** A request of a process leaves for the remote, and is over. */
  readonly sent: (by: object) => void
  readonly over: (by: object, events: ReadonlyArray<string>) => void
  /** The record, told of what a process hears. */
  readonly heardBy: (by: object) => LaneRecord
  /** A message leaves with a request. */
  readonly sends: (message: string, events: ReadonlyArray<string>, by: object) => void
  /** The engine was asked to come back no sooner. */
  readonly asked: (until: number) => void
  /** The key was refused, or there is none. A closed lane may be tried again whenever its key may have changed, whatever was asked. */
  readonly refused: () => void
  /** A gate that is closed was stored, for whatever reason. */
  readonly closed: () => void
  /** All was taken, and so much of what the remote allows is used, from 0 to 1. */
  readonly used: (usage: number) => void
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
  /** A process is gone, and its requests with it. */
  readonly gone: (by: object) => void
}

/** A message of the simulated destination is named by its events. */
const eventsOf = (message: string): ReadonlySet<string> => new Set(message.split("+"))

/** A healthy lane delivers within this time of the append, or of the start. */
const promptness = 30_000

/** From this part of a remote's limit on, sending slows down; at the whole of it, to a request each so many milliseconds. */
const slowFrom = 0.75
const slowest = 1000

/** What a life that lasted so long after an answer has certainly stored. */
const grace = 10_000

export const make = (facts: Facts): LaneRecord => {
  const { now, violate } = facts
  const at = `${facts.route}/${facts.lane}`
  const appended = new Map<
    string,
    { order: number; at: number; since: number; copies: number; ended: number }
  >()
  const accepted = new Map<string, string>()
  const lastOf = new Map<string, { readonly order: number; readonly id: string; readonly message: string }>()
  const setAside = new Set<string>()
  let filled = 0
  let asked: { readonly until: number; readonly at: number; readonly by: object } | undefined
  let pausedSince: number | undefined
  let isRefused = false
  const underWay = new Map<object, number>()
  /** Who has an event under way. */
  const holders = new Map<string, object>()

  /** Until when a process that used most of the remote's limit lets it rest. */
  const paced = new Map<object, number>()
  /** When the lane was last closed. Once it is open again nobody rests; some hear of both a moment later. */
  let closedAt = Number.NEGATIVE_INFINITY

  /**
   * What the remote allows is divided by tracks, one request at the least. So the parts of all are within the limit, but for less than
   * one of each process with so small a part that it is rounded up.
   */
  const mostOf = (by: object): number => Math.max(1, Math.floor(facts.concurrency * facts.partOf(by)))

  const tooSoon = (by: object) => {
    if (asked === undefined || now() >= asked.until || now() <= asked.at) return false
    if (asked.by === by) return true
    return !facts.isFleet && (facts.endOf(asked.by) ?? 0) > asked.at + grace
  }

  const first = (id: string, event: PlannedEvent, message: string) => {
    const entry = appended.get(id)
    if (entry === undefined)
      return violate("at-least-once", `${at}: ${id} was accepted before it was durable`)
    const delay = now() - Math.max(entry.at, facts.life().bootedAt)
    if (facts.isHealthy && delay > promptness) {
      violate("isolation", `${at}: ${id} took ${delay} ms in a lane that nothing is wrong with`)
    }
    if (!facts.isOrdered || setAside.has(id)) return
    const last = lastOf.get(event.user)
    // Within a message whose events it judges by themselves, the order is the remote's.
    const isOwn = facts.judgesEvents && last !== undefined && eventsOf(last.message).has(id)
    if (last !== undefined && last.order > entry.order && !isOwn) {
      violate("order", `${at}: ${id} of ${event.user} was overtaken by ${last.id}`)
    }
    lastOf.set(event.user, { order: entry.order, id, message })
  }

  /** A chunk that a client had to repeat is stored twice, and its second copy may be grouped otherwise. */
  const isRegrouped = (id: string) => facts.isGrouped && (appended.get(id)?.copies ?? 0) > 1

  /** Who hears what the remote says just now. */
  let hearing: object = facts

  const record: LaneRecord = {
    facts,
    appended: (id, since) => {
      const entry = appended.get(id)
      if (entry === undefined)
        appended.set(id, { order: appended.size, at: now(), since, copies: 1, ended: 0 })
      else entry.copies++
    },
    sent: (by) => {
      const own = (underWay.get(by) ?? 0) + 1
      underWay.set(by, own)
      if (own > mostOf(by))
        violate(
          "bounds",
          `${at}: ${own} requests at once, and a part of ${mostOf(by)} in ${facts.concurrency}`
        )
      const pause = (paced.get(by) ?? 0) - now()
      if (pause > 0 && now() - closedAt > grace)
        violate(
          "waits",
          `${at}: a request came ${pause} ms sooner than the part of the remote's limit lets it`
        )
      if (tooSoon(by))
        violate("waits", `${at}: a request came ${asked!.until - now()} ms sooner than the remote asked`)
      if (pausedSince !== undefined && now() > pausedSince)
        violate("waits", `${at}: a request came while paused`)
    },
    sends: (message, events, by) => {
      for (const id of events) {
        const other = holders.get(id)
        if (other !== undefined && other !== by && !facts.isUnruly())
          violate("no-repeat", `${at}: ${id} is under way from two exporters at once`)
        if (facts.isOthers(id, by))
          violate("fences", `${at}: ${id} is sent in ${message} by an exporter that has lost its track`)
        holders.set(id, by)
        const { copies, ended } = appended.get(id) ?? { copies: 1, ended: 0 }
        if (ended >= copies && !facts.mayRepeat())
          violate("no-repeat", `${at}: ${id} is sent again in ${message}, and has ended`)
        const before = accepted.get(id)
        if (!facts.judgesEvents || before === undefined || isRegrouped(id)) continue
        // What is left of a message goes out as one of its own, whatever became of the first.
        const isLeft = events.every((other) => eventsOf(before).has(other))
        if (!isLeft)
          violate(
            "stable-ids",
            `${at}: ${id} was accepted in message ${before}, and is sent again in ${message}`
          )
      }
    },
    over: (by, events) => {
      for (const id of events) if (holders.get(id) === by) holders.delete(id)
      underWay.set(by, (underWay.get(by) ?? 1) - 1)
    },
    heardBy: (by) => {
      hearing = by
      return record
    },
    asked: (until) => {
      if (!isRefused && until > (asked?.until ?? 0)) asked = { until, at: now(), by: hearing }
    },
    refused: () => {
      isRefused = true
      asked = undefined
      closedAt = now()
    },
    closed: () => {
      closedAt = now()
    },
    used: (usage) => {
      const excess = Math.max(0, usage - slowFrom) / (1 - slowFrom)
      const until = now() + Math.floor((excess * slowest) / facts.partOf(hearing))
      paced.set(hearing, Math.max(paced.get(hearing) ?? 0, until))
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
        if (before === undefined) first(id, event, message)
        else if (before !== message && !isRegrouped(id) && !facts.judgesEvents) {
          violate("stable-ids", `${at}: ${id} was accepted in message ${before}, then again in ${message}`)
        }
        accepted.set(id, message)
      }
    },
    ended: (id, durableAt) => {
      const entry = appended.get(id)
      if (entry !== undefined) entry.ended++
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
    gone: (by) => {
      underWay.delete(by)
      for (const [id, holder] of holders) if (holder === by) holders.delete(id)
    }
  }
  return record
}
