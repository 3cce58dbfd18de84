/**
 * Dead letters found by what they are, and put through today's routes again.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import type { Definition } from "./Definition.ts"
import type { Opened } from "./Destination.ts"
import * as Erase from "./engine/again/Erase.ts"
import { decoder } from "./engine/again/LetterDecoder.ts"
import * as Revive from "./engine/again/Revive.ts"
import { catalogueOf, knownTo } from "./engine/intake/Known.ts"
import { selection } from "./engine/intake/Plan.ts"
import { eraseUnowned } from "./engine/lane/EraseStored.ts"
import * as ReadBack from "./engine/message/ReadBack.ts"
import { type Filter, forEachHead, forEachPage, type Replayed } from "./internal/deadLetters.ts"
import type { DeadLetterHead, Outbox, OutboxError } from "./Outbox.ts"
import * as OutboxRules from "./OutboxRules.ts"
import type { PluginError } from "./Plugin.ts"
import type { Erased } from "./Running.ts"

export { decoder } from "./engine/again/LetterDecoder.ts"
export {
  all,
  count,
  type Decode,
  type Filter,
  type Found,
  forEachHead,
  forEachPage,
  isFound,
  keysOf,
  type Replayed
} from "./internal/deadLetters.ts"

/** Bytes of records that are removed in one go: others have their turn between. */
const purgedBytes = 8 * 1024 * 1024

/**
 * Puts the letters that the filter finds through today's routes again: changed, assigned and stored as if just read,
 * but not counted as read again. What is replayed waits in its lane; the next run delivers it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const replay: (
  outbox: Outbox["Service"],
  definition: Definition,
  filter: Filter
) => Effect.Effect<Replayed, OutboxError | PluginError> = Effect.fnUntraced(
  function* (outbox, definition, filter) {
    const routes = new Map<string, Revive.Target>()
    for (const route of definition.routes) {
      const opened: Opened = yield* route.destination.open
      routes.set(route.name, {
        route,
        opened,
        selected: selection(route, knownTo(route, definition.sources))
      })
    }
    return yield* Revive.replay(
      outbox,
      (name) => routes.get(name),
      decoder(definition),
      filter,
      () => Effect.void
    )
  }
)

/**
 * Removes the letters that the filter finds for good, counted as `erased`; returns how many there were. With a user in the
 * filter no byte of them stands in a file of the outbox when it resolves.
 *
 * @since 1.0.0
 * @category conversions
 */
export const purge: (
  outbox: Outbox["Service"],
  definition: Definition,
  filter: Filter
) => Effect.Effect<number, OutboxError> = Effect.fnUntraced(function* (outbox, definition, filter) {
  let purged = 0
  const remove = Effect.fnUntraced(function* (heads: ReadonlyArray<DeadLetterHead>) {
    for (const ids of slices(heads)) purged += yield* outbox.purge(ids, "purged")
  })
  if (!OutboxRules.asksForKeys(filter)) yield* forEachHead(outbox, filter, remove)
  else {
    yield* forEachPage(outbox, decoder(definition), filter, (found) =>
      remove(found.map(({ letter }) => letter))
    )
  }
  if (filter.user !== undefined) yield* outbox.scrub
  return purged
})

/** Ids of letters, as many together as are removed in one go. */
const slices = (heads: ReadonlyArray<DeadLetterHead>): ReadonlyArray<ReadonlyArray<number>> => {
  const slices: Array<Array<number>> = []
  let bytes = Infinity
  for (const { id, kept } of heads) {
    bytes += kept
    if (bytes > purgedBytes) {
      slices.push([])
      bytes = kept
    }
    slices.at(-1)!.push(id)
  }
  return slices
}

/**
 * Removes all that an outbox holds of a person for good, by any id of theirs, counted as `erased`. When it resolves no
 * byte of it stands in a file of the outbox, and a replay does not bring it back. For an outbox that no exporter runs on; a
 * running one has `erase`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const erase = (
  outbox: Outbox["Service"],
  definition: Definition,
  user: string
): Effect.Effect<Erased, OutboxError> => {
  const decode = ReadBack.decoders(catalogueOf(definition))
  const fromLanes = Effect.gen(function* () {
    let erased = 0
    for (const lane of yield* outbox.lanes) {
      erased += yield* eraseUnowned(outbox, lane, decode, user)
    }
    return erased
  })
  return Erase.erase(outbox, decode, user, fromLanes)
}
