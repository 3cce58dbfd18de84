import { Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export const source = Source.plugin({
  name: "numbers",
  settings: Schema.Struct({}),
  run: () => () => Effect.void
})
