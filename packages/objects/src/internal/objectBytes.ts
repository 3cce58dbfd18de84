/** An object as a split that is bytes: read by ranges of a bounded size, each only of the object with this tag. */
import type { ByteSplit, Bytes } from "@millrace/formats/Bytes"
import * as Effect from "effect/Effect"
import type { ObjectStore, StoredObject } from "../ObjectStore.ts"
import * as StoreFault from "../StoreFault.ts"

/** The most bytes of one request, and those of the first after a jump: where it jumps again they are enough. */
const pieceSize = 4 * 1024 * 1024
const jumpSize = 512 * 1024

export const labelOf = ({ label }: ObjectStore, key: string): string => `${label}/${key}`

export const splitOf = (store: ObjectStore, object: StoredObject): ByteSplit => ({
  split: object.key,
  label: labelOf(store, object.key),
  size: object.size,
  tag: object.tag,
  open: Effect.sync(() => bytesOf(store, object))
})

const bytesOf = (store: ObjectStore, object: StoredObject): Bytes => {
  const { key, size } = object
  let at = 0
  let piece: Uint8Array = new Uint8Array(0)
  let start = 0
  let most = pieceSize

  const fetched = Effect.fnUntraced(function* () {
    const asked = Math.min(most, size - at)
    piece = yield* store.read(object, at, asked)
    start = at
    most = Math.min(pieceSize, most * 2)
    // Less than was asked for is asked for again; none would look like the end.
    if (piece.length > 0) return
    const said = `no bytes from ${at} on, of ${size} that were listed`
    return yield* StoreFault.make("unreachable", { what: labelOf(store, key), said })
  })

  const copy = (into: Buffer): number => {
    const some = piece.subarray(at - start, at - start + into.length)
    into.set(some)
    at += some.length
    return some.length
  }

  return {
    read: (into) =>
      Effect.suspend(() => {
        if (at >= size) return Effect.succeed(0)
        const isHere = at >= start && at < start + piece.length
        return isHere ? Effect.succeed(copy(into)) : Effect.map(fetched(), () => copy(into))
      }),
    seek: (position) => {
      if (position < start || position > start + piece.length) most = jumpSize
      at = position
    }
  }
}
