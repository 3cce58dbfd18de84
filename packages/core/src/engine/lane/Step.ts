/**
 * What a lane does next: a list of steps, in the order in which they are asked. Pure: `Lane` takes a snapshot, asks, and
 * carries out what it is told.
 */

/** A lane at the beginning of a step; times in epoch milliseconds. */
export interface Snapshot {
  readonly now: number
  /** Nothing is under way, and the outbox has heard of all that ended. */
  readonly isQuiet: boolean
  /** Changed credentials are there and not in use yet. */
  readonly hasSuccessor: boolean
  /** When the oldest events have waited for their retention. */
  readonly expiresAt: number
  /** When a lane that fills its share sets its oldest events aside. */
  readonly asideAt: number
  /** Persons whose events are to be removed. */
  readonly erasures: number
  /** Whether it is neither held by the configuration nor paused. */
  readonly sends: boolean
  /** Whether stored parcels are not in memory. */
  readonly isLagging: boolean
  /** Whether there is much room in memory. */
  readonly isHungry: boolean
  /** Events that wait for others of their group. */
  readonly grouped: number
  /** Whether a message waits that may be tried now. */
  readonly hasWork: boolean
  /** When the next attempt may be made; `undefined` while something under way must end first. */
  readonly sendsAt: number | undefined
  readonly isConnected: boolean
}

/** What a lane can do; each name is explained where it stands in `order`. */
export type Next =
  | "succeed"
  | "expire"
  | "makeRoom"
  | "erase"
  | "catchUp"
  | "form"
  | "connect"
  | "send"
  | "sleep"

interface Rule {
  readonly next: Next
  readonly when: (lane: Snapshot) => boolean
}

/** While this holds nothing new is begun, so that what is under way ends and the lane becomes quiet. */
const waitsForQuiet = ({ now, hasSuccessor, expiresAt, asideAt, erasures }: Snapshot): boolean =>
  hasSuccessor || now >= expiresAt || now >= asideAt || erasures > 0

const isReady = (lane: Snapshot): boolean => lane.sends && !waitsForQuiet(lane)

const mayTry = (lane: Snapshot): boolean =>
  isReady(lane) && lane.hasWork && lane.sendsAt !== undefined && lane.sendsAt <= lane.now

/** The first that holds is done. Whoever did nothing by it asks for the next one below. */
export const order: ReadonlyArray<Rule> = [
  // Changed credentials come first: with the old ones nothing more is to be tried.
  { next: "succeed", when: (lane) => lane.isQuiet && lane.hasSuccessor },
  // What has waited too long ends before it could be sent once more.
  { next: "expire", when: (lane) => lane.isQuiet && lane.now >= lane.expiresAt },
  // Behind what expires, which may have made room enough.
  { next: "makeRoom", when: (lane) => lane.isQuiet && lane.now >= lane.asideAt },
  // A person's events are removed where nothing of theirs can be under way.
  { next: "erase", when: (lane) => lane.isQuiet && lane.erasures > 0 },
  // Memory is filled before it is empty, so that sending need not stop for the outbox.
  { next: "catchUp", when: (lane) => isReady(lane) && lane.isLagging && lane.isHungry },
  // Groups that wait no longer become messages, also while no attempt may be made: they are ready when one may.
  { next: "form", when: (lane) => isReady(lane) && lane.grouped > 0 },
  // A connection is opened when there is something to send over it, and not before.
  { next: "connect", when: (lane) => mayTry(lane) && !lane.isConnected },
  { next: "send", when: mayTry },
  // Nothing to do: until something changes, or the next due time.
  { next: "sleep", when: () => true }
]

/** What the lane does next; below `past` in the order where that came to nothing. */
export const next = (lane: Snapshot, past?: Next): Next => {
  const from = past === undefined ? 0 : order.findIndex((rule) => rule.next === past) + 1
  for (let i = from; i < order.length; i++) if (order[i]!.when(lane)) return order[i]!.next
  return "sleep"
}

/** When a lane that has nothing to do now has something again; times in epoch milliseconds, `Infinity` for never. */
export interface Dues {
  /** A line of the log. */
  readonly line: number
  /** The window of the oldest group ends. */
  readonly group: number
  /** The first batch is to be tried again. */
  readonly retry: number
  /** New messages wait no longer for others of their request. Asked only where they could be sent. */
  readonly full: () => number
}

/** Until when a lane sleeps if nothing changes before. */
export const sleepsUntil = (lane: Snapshot, dues: Dues): number =>
  // What is under way wakes it when it ends; then all times are looked at again.
  waitsForQuiet(lane)
    ? dues.line
    : Math.min(dues.line, lane.expiresAt, lane.asideAt, lane.sends ? sendingDue(lane, dues) : Infinity)

const sendingDue = ({ now, sendsAt }: Snapshot, dues: Dues): number => {
  if (sendsAt === undefined) return dues.group
  const fresh = Math.max(sendsAt, dues.full())
  // When it could send now and did not, all that waits belongs to users under way: an answer wakes it.
  return Math.min(dues.group, Math.max(sendsAt, dues.retry), fresh <= now ? Infinity : fresh)
}
