/**
 * Memory of dead letters given back as they are read. V8 frees a text or a buffer of a megabyte only when dozens of them have
 * piled up, and these would be most of what the process takes.
 */
import { Outbox, type Store } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Bytes of records between two collections: one takes some milliseconds, as long as a few megabytes take to be read. */
const most = 8 * 1024 * 1024

const outboxOf = (outbox: Outbox["Service"]): Outbox["Service"] => {
  let read = 0
  return Outbox.of({
    ...outbox,
    deadLetters: (filter, after, bytes) =>
      Effect.tap(outbox.deadLetters(filter, after, bytes), ({ letters }) =>
        Effect.sync(() => {
          for (const { record } of letters) read += record.length
          if (read < most) return
          read = 0
          globalThis.gc?.()
        })
      )
  })
}

const layerOf = (layer: Store["layer"]): Store["layer"] =>
  Layer.provide(
    Layer.effect(
      Outbox,
      Outbox.use((outbox) => Effect.succeed(outboxOf(outbox)))
    ),
    layer
  )

/** The same store, which collects the garbage of letters that were read; where the program was started without `gc`, V8 does. */
export const collecting = (store: Store): Store => ({
  ...store,
  layer: layerOf(store.layer),
  ...(store.look === undefined ? {} : { look: layerOf(store.look) })
})
