/** Streams for tests, with messages in them. */
import { jetstream, jetstreamManager, type StreamConfig } from "@nats-io/jetstream"
import { type ConnectionOptions, connect } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"

let count = 0

/** A client of the test's own. */
export const client = (url: string, options: ConnectionOptions = {}) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => connect({ ...options, servers: url })),
      (nats) => Effect.promise(() => nats.close())
    ),
    (nats) => ({ nats, jetstream: jetstream(nats) })
  )

/** A new stream that takes `<name>.>`. */
export const make = Effect.fnUntraced(function* (
  url: string,
  config: Partial<StreamConfig> = {},
  options: ConnectionOptions = {}
) {
  const { nats, jetstream } = yield* client(url, options)
  const manager = yield* Effect.promise(() => jetstreamManager(nats))
  const name = `STREAM-${++count}`
  yield* Effect.promise(() => manager.streams.add({ subjects: [`${name}.>`], ...config, name }))
  const publishTo = (subject: string, payloads: ReadonlyArray<string | Uint8Array>) =>
    Effect.promise(() => Promise.all(payloads.map((text) => jetstream.publish(subject, text))))
  const publish = (payloads: ReadonlyArray<string | Uint8Array>, subject = "events") =>
    publishTo(`${name}.${subject}`, payloads)
  return {
    name,
    manager,
    publish,
    publishTo,
    settings: { servers: [url] as const, stream: name, consumer: "millrace" }
  }
})

export type Stream = Effect.Success<ReturnType<typeof make>>
