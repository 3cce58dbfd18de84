/** Clients that are slow to ask. */
import { assert, describe, it } from "@effect/vitest"
import { OutboxMemory } from "@millrace/core"
import * as Effect from "effect/Effect"
import { ask, raw } from "./support/ask.ts"
import { event, start } from "./support/exporter.ts"

describe("the admin endpoint", () => {
  it.live("cuts off who is slow with a head or a body, and answers others meanwhile", () =>
    Effect.gen(function* () {
      const { url } = yield* start({ lanes: ["web"], events: [event(1)] })
      const slow = Effect.all(
        [
          raw(url, "GET /api/status HTTP/1.1\r\nhost: local"),
          raw(
            url,
            "POST /api/dead-letters/count HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
          )
        ],
        { concurrency: "unbounded" }
      )
      const asking = Effect.forever(
        Effect.delay(
          Effect.map(ask(url, "/api/status"), ({ status }) => assert.strictEqual(status, 200)),
          "100 millis"
        )
      )
      const answers = yield* Effect.raceFirst(slow, asking)
      for (const answer of answers) assert.match(answer, /^(HTTP\/1.1 408|$)/)
    }).pipe(Effect.provide(OutboxMemory.layer))
  )
})
