/** A source and an outbox that are let in by a token. */
import { Catalogue, Outbox, OutboxMemory, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const credentials = Schema.Struct({ token: Schema.Redacted(Schema.String) })

/** Each run yields one event, whose id is the token. */
export const keyed = Source.plugin({
  name: "keyed",
  settings: Schema.Struct({}),
  credentials,
  catalogue: Catalogue.any,
  run: (_settings, credentials) =>
    Effect.fnUntraced(function* (intake) {
      const { token } = yield* Effect.mapError(
        credentials,
        ({ message }) => new Source.SourceError({ detail: message })
      )
      const event = { id: Redacted.value(token), type: "seen", time: 0, user: {}, properties: {} }
      yield* intake.append({ events: [event], malformed: [] })
    })
})

/** Its check fails with the token. */
export const guarded = Outbox.plugin({
  name: "guarded",
  settings: Schema.Struct({}),
  credentials,
  store: (_settings, given) => ({
    directory: undefined,
    layer: OutboxMemory.layer,
    check: given.pipe(
      Effect.mapError(({ detail }) => detail),
      Effect.flatMap(({ token }) => Effect.fail(Redacted.value(token))),
      Effect.mapError((detail) => new Outbox.OutboxError({ reason: "Unavailable", detail }))
    )
  })
})
