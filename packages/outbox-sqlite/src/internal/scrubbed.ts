/** A store that rewrites its file when bytes of what was erased may still stand in it. */
import * as Compact from "./compact.ts"
import * as Database from "./database.ts"
import { type Failure, fromCause } from "./failure.ts"
import type { Answer, Call } from "./operations.ts"
import * as Store from "./store.ts"

/**
 * The store, in whose files nothing stands any longer of what was removed for good once `scrub` was answered. SQLite leaves
 * removed bytes in free pages, within pages and in its log, so the database is written anew and takes the place of the
 * old one. What was interrupted is done when the store is next opened.
 */
export const open = (place: Database.Place, onFull: (full: boolean) => void = () => {}): Store.Store => {
  let store = Store.open(place, onFull)

  const rewrite = (): Failure | undefined => {
    let failure: Failure | undefined
    if (place.directory !== Database.memory.directory) {
      store.close()
      try {
        Compact.compact(place.directory)
      } catch (cause) {
        failure = fromCause(place.directory, cause)
      }
      try {
        store = Store.open(place, onFull)
      } catch (cause) {
        failure = fromCause(place.directory, cause)
        store = broken(failure)
      }
    }
    if (failure === undefined) store.scrubbed()
    return failure
  }

  // Without room for a copy the events are no less there: it is done another time.
  if (place.toRead !== true && store.isScrubDue()) rewrite()

  const commit = (calls: ReadonlyArray<Call>): ReadonlyArray<Answer> => {
    const answers = store.commit(calls)
    const isAsked = (index: number) => calls[index]?.method === "scrub" && answers[index]?.done === true
    if (!calls.some((_, index) => isAsked(index))) return answers
    const failure = rewrite()
    return failure === undefined
      ? answers
      : answers.map((answer, index) => (isAsked(index) ? { done: false, failure } : answer))
  }

  return {
    commit,
    read: (call) => store.read(call),
    shrink: () => store.shrink(),
    isScrubDue: () => store.isScrubDue(),
    scrubbed: () => store.scrubbed(),
    close: () => store.close()
  }
}

/** A store whose database could not be opened again. */
const broken = (failure: Failure): Store.Store => ({
  commit: (calls) => calls.map(() => ({ done: false, failure })),
  read: () => ({ done: false, failure }),
  shrink: () => false,
  isScrubDue: () => true,
  scrubbed: () => {},
  close: () => {}
})
