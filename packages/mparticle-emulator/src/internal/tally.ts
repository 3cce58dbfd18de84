import type { Kind } from "../FailurePlan.ts"
import type { Counts } from "../State.ts"
import type { BatchFacts } from "./batchFacts.ts"

/** One request and what was decided about it. `batches` are those taken and not dropped. */
export interface Handled {
  readonly feed: string | null
  readonly key: string | undefined
  readonly status: number | null
  readonly failure: Kind | undefined
  readonly batches: ReadonlyArray<BatchFacts>
  readonly dropped: number
}

export interface Tally {
  readonly apply: (handled: Handled) => void
  /** The counts of these feeds and of any other that has sent something. */
  readonly read: (feeds: ReadonlyArray<string>) => {
    readonly feeds: Readonly<Record<string, Counts>>
    readonly unknown: Counts
    readonly totals: Counts
  }
  readonly clear: () => void
}

const numbers = [
  "requests",
  "accepted",
  "events",
  "distinctEvents",
  "distinctBatches",
  "duplicates",
  "conflicting",
  "dropped",
  "unanswered"
] as const

type Numbers = Record<(typeof numbers)[number], number>

interface Account {
  readonly counts: Numbers
  readonly refused: Map<number, number>
  readonly messages: Set<string>
  /** Events kept, by type. */
  readonly types: Map<string, number>
}

/** Types that are counted by themselves, and what the events of all others are counted under. */
const mostTypes = 500
const others = "(others)"

const silent: ReadonlyArray<Kind | undefined> = ["reset-before", "reset-after", "hang", "nonsense"]

const zeros = (): Numbers => ({
  requests: 0,
  accepted: 0,
  events: 0,
  distinctEvents: 0,
  distinctBatches: 0,
  duplicates: 0,
  conflicting: 0,
  dropped: 0,
  unanswered: 0
})

const emptyAccount = (): Account => ({
  counts: zeros(),
  refused: new Map(),
  messages: new Set(),
  types: new Map()
})

const countsOf = ({ counts, refused, types }: Account): Counts => ({
  ...counts,
  refused: Object.fromEntries(refused),
  types: Object.fromEntries(types)
})

const addType = (types: Map<string, number>, type: string, count: number): void => {
  const name = types.has(type) || types.size < mostTypes ? type : others
  types.set(name, (types.get(name) ?? 0) + count)
}

const sum = (all: ReadonlyArray<Account>): Counts => {
  const total = emptyAccount()
  for (const { counts, refused, types } of all) {
    for (const [type, count] of types) addType(total.types, type, count)
    for (const name of numbers) total.counts[name] += counts[name]
    for (const [status, count] of refused) total.refused.set(status, (total.refused.get(status) ?? 0) + count)
  }
  return countsOf(total)
}

/** Counts requests, and remembers the ids that tell duplicates: per key, as mParticle does. */
export const makeTally = (): Tally => {
  const accounts = new Map<string, Account>()
  const fingerprints = new Map<string, Map<string, number>>()
  let unknown = emptyAccount()

  const accountOf = (feed: string | null): Account => {
    if (feed === null) return unknown
    const account = accounts.get(feed) ?? emptyAccount()
    accounts.set(feed, account)
    return account
  }

  const take = ({ counts, messages, types }: Account, seen: Map<string, number>, batch: BatchFacts): void => {
    const first = batch.id === undefined ? undefined : seen.get(batch.id)
    if (first !== undefined) {
      counts.duplicates += 1
      if (first !== batch.fingerprint) counts.conflicting += 1
      return
    }
    if (batch.id !== undefined) {
      seen.set(batch.id, batch.fingerprint)
      counts.distinctBatches += 1
    }
    for (const message of batch.messages) messages.add(message)
    for (const type of batch.types) addType(types, type, 1)
    counts.accepted += 1
    counts.events += batch.events
    counts.distinctEvents = messages.size
  }

  return {
    apply: ({ batches, dropped, failure, feed, key = "", status }) => {
      const account = accountOf(feed)
      account.counts.requests += 1
      account.counts.dropped += dropped
      if (silent.includes(failure)) account.counts.unanswered += 1
      else if (status !== null && status >= 300) {
        account.refused.set(status, (account.refused.get(status) ?? 0) + 1)
      }
      const seen = fingerprints.get(key) ?? new Map<string, number>()
      if (batches.length > 0) fingerprints.set(key, seen)
      for (const batch of batches) take(account, seen, batch)
    },
    read: (feeds) => {
      const names = [...new Set([...feeds, ...accounts.keys()])]
      return {
        feeds: Object.fromEntries(
          names.map((name) => [name, countsOf(accounts.get(name) ?? emptyAccount())])
        ),
        unknown: countsOf(unknown),
        totals: sum([...accounts.values(), unknown])
      }
    },
    clear: () => {
      accounts.clear()
      fingerprints.clear()
      unknown = emptyAccount()
    }
  }
}
