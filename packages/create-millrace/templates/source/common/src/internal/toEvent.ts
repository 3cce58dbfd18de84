/** From an item of __Name__ to an event. Pure: the same item is the same event, with the same id. */
import type { Event } from "@millrace/core/Event"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const Item = Schema.Struct({
  id: Schema.NonEmptyString,
  name: Schema.NonEmptyString,
  at: Schema.Finite,
  customer: Schema.optionalKey(Schema.String),
  data: Schema.Record(Schema.String, Schema.Unknown)
})

const decode = Schema.decodeUnknownResult(Item)

/** Fails with what is wrong, without any of the content. */
export const toEvent = (item: unknown): Result.Result<Event, string> =>
  Result.mapBoth(decode(item), {
    onFailure: () => "id and name are to be texts, at milliseconds, data an object",
    onSuccess: ({ at, customer, data, id, name }) => ({
      id,
      type: name,
      time: at,
      user: customer === undefined ? {} : { externalId: customer },
      properties: data
    })
  })
