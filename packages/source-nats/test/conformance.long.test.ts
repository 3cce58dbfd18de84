import { describe } from "@effect/vitest"
import { Sample } from "@millrace/events-braze"
import { nats } from "@millrace/source-nats"
import { sourceConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Server from "./support/server.ts"
import * as Stream from "./support/stream.ts"

const sample = Sample.make({ seed: 7, users: 20 })
const events = Array.from({ length: 1600 }, (_, at) =>
  sample.event("users.messages.email.Open", at, 1_782_742_805_000)
)
const texts = events.map((event) => JSON.stringify(Sample.toCustomHttp(event)))

// A message is an event, a request with several, or lines; three are none of these, or only in part.
const messages = [
  ...texts.slice(0, 700),
  "nonsense",
  `{"events":[${texts.slice(700, 710).join(",")}]}`,
  "",
  `${texts.slice(710, 720).join("\n")}\n{"half\n`,
  ...texts.slice(720)
]

describe.skipIf(Server.program === undefined)(Server.title("a stream of NATS"), () => {
  sourceConformance({
    plugin: nats,
    kind: "pull",
    supply: Effect.gen(function* () {
      const { url } = yield* Server.start()
      const stream = yield* Stream.make(url)
      yield* stream.publish(messages)
      return {
        settings: { ...stream.settings, format: "braze-currents" as const },
        ids: events.map(({ id }) => id),
        malformed: 3
      }
    }),
    limits: { appends: 1 },
    readme: new URL("../README.md", import.meta.url)
  })
})
