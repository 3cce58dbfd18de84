/** The shape of one step of a route's `transforms`. */
import * as Schema from "effect/Schema"
import { described, reference } from "./described.ts"

const names = Schema.Array(Schema.NonEmptyString).check(Schema.isMinLength(1))
const fields = Schema.Union([names, Schema.Literal("personal")])
const expression = Schema.Struct({
  expression: described(
    Schema.NonEmptyString,
    "An expression of the Common Expression Language over `event`."
  )
})

const actions = {
  select: described(
    Schema.optionalKey(Schema.NonEmptyString),
    "Keeps events of which this expression is true; the others are counted as `not-matched`."
  ),
  sample: described(
    Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
    "Keeps all events of this share of the users; those of the others are counted as `sampled-out`."
  ),
  rename: described(
    Schema.optionalKey(Schema.Record(Schema.String, Schema.NonEmptyString)),
    "New names of properties, by their names now."
  ),
  drop: described(Schema.optionalKey(names), "Fields that are left out."),
  set: described(
    Schema.optionalKey(Schema.Record(Schema.String, Schema.Union([expression, Schema.Json]))),
    "Values of fields, by name; `{ expression: ... }` for a value that is made of the event."
  ),
  redact: described(
    Schema.optionalKey(fields),
    "Fields whose value becomes `[REDACTED]`, or `personal` for those that the catalogue marks as personal."
  ),
  hash: described(
    Schema.optionalKey(
      Schema.Struct({
        fields: described(fields, "Fields, or `personal` for those that the catalogue marks as personal."),
        key: reference("The key")
      })
    ),
    "Fields whose value becomes an HMAC-SHA-256 of it under a key."
  )
}

const actionNames = Object.keys(actions)

/** One step: one action, where it is made, and for which types. */
export const TransformUse = Schema.Struct({
  at: described(
    Schema.optionalKey(Schema.Literals(["intake", "out"])),
    "At the `intake`, outbox and dead letters hold the changed event alone; on the way `out` (the default), they hold the event as it was read."
  ),
  types: described(
    Schema.optionalKey(names),
    "Types by name or wildcard that it is for; all of them by default."
  ),
  ...actions
}).check(
  Schema.makeFilter((step) => Object.keys(step).filter((key) => actionNames.includes(key)).length === 1, {
    message: `a step is one of ${actionNames.join(", ")}`
  })
)

export type TransformUse = typeof TransformUse.Type
