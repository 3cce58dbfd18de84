/** A source that is let in by a token: each run yields one event, whose id is the token. */
import { Catalogue, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

export const keyed = Source.plugin({
  name: "keyed",
  settings: Schema.Struct({}),
  credentials: Schema.Struct({ token: Schema.Redacted(Schema.String) }),
  catalogue: Catalogue.any,
  run: (_settings, credentials) => (intake) =>
    Effect.gen(function* () {
      const { token } = yield* Effect.mapError(
        credentials,
        ({ message }) => new Source.SourceError({ detail: message })
      )
      const event = { id: Redacted.value(token), type: "seen", time: 0, user: {}, properties: {} }
      yield* intake.append({ events: [event], malformed: [] })
    })
})
