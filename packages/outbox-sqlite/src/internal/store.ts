/** The store: carries out each call on the tables, in transactions. */
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as CheckpointTable from "./checkpointTable.ts"
import * as Database from "./database.ts"
import * as ErasureTable from "./erasureTable.ts"
import { fromCause, StoreFailure } from "./failure.ts"
import * as Gates from "./gates.ts"
import { type Answer, type Call, type Operations, perform, type StoredLane } from "./operations.ts"
import * as Room from "./room.ts"
import * as SeenTable from "./seenTable.ts"
import * as Tables from "./tables.ts"
import * as TransferTable from "./transferTable.ts"

/** Pages given back to the file system at a time: 4 MiB, some milliseconds. */
const step = 256
/** The most steps at closing: 256 MiB. The rest is given back when the store is next open and idle. */
const closingSteps = 64
/** Ids forgotten with an append, beyond twice those that it remembers: so what is due never grows. */
const forgotten = 64

/** The outbox in one SQLite database, in this thread. */
export interface Store {
  /** Makes the calls, each whole or not at all, durable together. A refused call fails no other. */
  readonly commit: (calls: ReadonlyArray<Call>) => ReadonlyArray<Answer>
  readonly read: (call: Call) => Answer
  /** Gives a few megabytes of free pages back to the file system; `true` when more are free. */
  readonly shrink: () => boolean
  /** Whether bytes of what was removed for good may still stand in the file. */
  readonly isScrubDue: () => boolean
  /** Takes down that none does. */
  readonly scrubbed: () => void
  readonly close: () => void
}

/**
 * Opens the store, and tells when it becomes full and when it no longer is: during `commit`, and `shrink`, before they
 * return. Throws what `fromCause` understands.
 */
export const open = (place: Database.Place, onFull: (full: boolean) => void = () => {}): Store => {
  const db = place.toRead === true ? Database.openToRead(place.directory) : Database.open(place)
  try {
    TransferTable.expectHere(db, place.directory)
  } catch (cause) {
    Database.close(db, place.directory)
    throw cause
  }
  const room = Room.make(db, place.size, onFull)
  const seen = SeenTable.make(db)
  const erasures = ErasureTable.make(db)
  const { names, ledger, dead, compositions, parcels } = Tables.make(db)
  const checkpoints = CheckpointTable.make(db)
  const keepGate = Gates.keep(db)
  const selectLanes = Gates.selectLanes(db)

  const unbury = (ids: ReadonlyArray<number>) => {
    const found = dead.unbury(ids)
    for (const { route, reason } of found) ledger.add(route, "dead", reason, -1)
    return found
  }

  const operations: Operations = {
    append: (entry) => {
      if (room.isFull() && !OutboxRules.revives(entry)) return undefined
      const { origin, at, remember = [], unseenSince } = entry
      const taken = unseenSince === undefined ? [] : [...seen.among(remember, unseenSince)]
      if (taken.length > 0) throw new StoreFailure("Seen", "", taken)
      if (entry.advance !== undefined) checkpoints.advance(origin.source, entry.advance)
      for (const { route, kind, key, events } of entry.counts) ledger.add(route, kind, key, events)
      for (const kept of entry.buried) {
        dead.buryRaw(kept, origin, at)
        for (const route of kept.routes) ledger.add(route, "dead", kept.reason, 1)
      }
      unbury(entry.revives ?? [])
      const { forget } = entry
      if (forget !== undefined) seen.forget(forget, 2 * remember.length + forgotten)
      seen.remember(remember, at, forget ?? Number.NEGATIVE_INFINITY)
      return entry.parcels.map((parcel) => parcels.add(parcel, origin, at))
    },
    settle: (settlements) => settlements.reduce((freed, one) => freed + parcels.settle(one), 0),
    compose: (key, added, replaces) => {
      const lane = names.lane(key)
      for (const id of replaces) compositions.drop(lane, id)
      for (const composition of added) compositions.keep(lane, composition, parcels.isOpen)
    },
    setGate: (key, gate) => {
      keepGate(names.lane(key), gate)
    },
    take: (key, after, bytes) => {
      const lane = names.findLane(key)
      return lane === undefined ? [] : parcels.take(lane, after, bytes)
    },
    compositions: (key) => {
      const lane = names.findLane(key)
      if (lane === undefined) return []
      return parcels.open(compositions.read(lane))
    },
    lanes: () =>
      selectLanes.all().flatMap((row): ReadonlyArray<StoredLane> => {
        const { id, route, lane, bytes } = row
        const waiting = ledger.waiting(route, lane)
        const gate = Gates.gateOf(row)
        if (waiting === 0 && gate === undefined) return []
        return [{ route, lane, waiting, bytes, oldest: parcels.oldest(id), gate }]
      }),
    checkpoint: checkpoints.read,
    looks: checkpoints.looks,
    looked: checkpoints.looked,
    splits: checkpoints.splits,
    confirm: checkpoints.confirm,
    forget: checkpoints.forget,
    deadLetterHeads: dead.heads,
    deadLetters: dead.letters,
    countDeadLetters: dead.count,
    keepKeys: (keys) => {
      dead.keepKeys(keys)
    },
    purge: (ids, reason) => {
      const found = unbury(ids)
      for (const { route } of found) ledger.add(route, "erased", reason, 1)
      return found.length
    },
    erasures: erasures.all,
    erase: (digest, at) => {
      erasures.add(digest, at)
    },
    scrub: () => {
      erasures.setDue(true)
    },
    ledger: ledger.counts,
    usage: room.usage
  }

  const failed = (cause: unknown): Answer => ({ done: false, failure: fromCause(place.directory, cause) })

  /** Undoes the transaction, which SQLite may have done already, and everything remembered from within it. */
  const rollback = (): void => {
    names.forget()
    if (db.isTransaction) db.exec("rollback")
  }

  // On a damaged file it cannot be known: whoever uses the outbox learns that by his own call.
  const tell = (): void => {
    try {
      room.tell()
    } catch {}
  }

  // Nobody waits for free space to be given back: on a full disk it has to be tried again later.
  const shrink = (): boolean => {
    try {
      const more = Database.shrink(db, step)
      tell()
      return more
    } catch {
      return false
    }
  }

  const commit = (calls: ReadonlyArray<Call>): ReadonlyArray<Answer> => {
    const answers = transact(calls)
    tell()
    return answers
  }

  const transact = (calls: ReadonlyArray<Call>): ReadonlyArray<Answer> => {
    try {
      db.exec("begin immediate")
    } catch (cause) {
      // Locked, most likely, and that for as long as we wait: no call fares better alone.
      return calls.map(() => failed(cause))
    }
    try {
      const answers = calls.map((call): Answer => ({ done: true, value: perform(operations, call) }))
      db.exec("commit")
      return answers
    } catch (cause) {
      rollback()
      // Each by itself then, so that one that is refused fails no other; on a full disk a settlement may pass where an append
      // does not. A savepoint for each call would spare that, and cost every transaction a fifth: it copies all pages.
      return calls.length === 1 ? [failed(cause)] : calls.flatMap((call) => transact([call]))
    }
  }

  return {
    commit,
    read: (call) => {
      try {
        return { done: true, value: perform(operations, call) }
      } catch (cause) {
        return failed(cause)
      }
    },
    shrink,
    isScrubDue: erasures.isDue,
    scrubbed: () => erasures.setDue(false),
    close: () => {
      for (let i = 0; i < closingSteps && shrink(); i++);
      Database.close(db, place.directory)
    }
  }
}
