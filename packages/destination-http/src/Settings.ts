/**
 * The settings of an HTTP destination.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Address from "./internal/address.ts"
import * as Body from "./internal/body.ts"
import * as Headers from "./internal/headers.ts"
import * as Template from "./internal/template.ts"

const Url = Schema.String.annotate({
  description: "Where events are sent. With `batch: single`, path and query may hold fields of the event."
}).check(Schema.makeFilter((text) => problemOf(Address.parse(text))))

const HeaderName = Schema.String.check(Schema.makeFilter((name) => Headers.nameProblem(name) ?? true))

const HeaderTemplates = Schema.Record(Schema.String, Schema.String)
  .annotate({
    description:
      "Headers that are no secret, by name. With `batch: single`, their values may hold fields of the event."
  })
  .check(
    Schema.makeFilter((headers: { readonly [name: string]: string }) => {
      const names = Object.keys(headers)
      const [twice] = Headers.repeated(names)
      if (twice !== undefined) return { path: [twice], issue: "stands twice, in other letters" }
      for (const name of names) {
        const issue = headerProblem(name, headers[name]!)
        if (issue !== undefined) return { path: [name], issue }
      }
      return true
    })
  )

const BodyTemplate = Schema.Json.annotate({
  description:
    "The JSON of one event, as a template; the event itself by default. A text that is only `{{ event.properties.total }}` becomes that value with its type, and is left out (`null` in a list) where there is none; within other text a missing field is nothing."
}).check(
  Schema.makeFilter((value: Schema.Json) => {
    const built = Body.compile(value)
    return Result.isSuccess(built) || built.failure
  })
)

const Count = (most: number) => Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: most }))

const Limits = Schema.Struct({
  messages: Schema.optionalKey(
    Count(10_000).annotate({
      description: "Events in a request, at most 10000; 100 by default, always 1 with `batch: single`."
    })
  ),
  bytes: Schema.Int.check(Schema.isBetween({ minimum: 1024, maximum: 100_000_000 }))
    .annotate({ description: "Bytes of a request's body." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1_000_000))),
  concurrency: Count(256)
    .annotate({ description: "Requests under way at once." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(4)))
}).annotate({ description: "What the endpoint takes." })

/**
 * A status, or a class of them.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Status = Schema.Union([
  Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 })),
  Schema.Literals(["2xx", "3xx", "4xx", "5xx"])
])

const statusList = (description: string) => Schema.optionalKey(Schema.Array(Status).annotate({ description }))

/**
 * What answers mean, where it is not the usual.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Statuses = Schema.Struct({
  delivered: statusList(
    "Statuses, or classes such as `2xx`, that mean: taken. Only these do; `2xx` by default. A status goes before its class."
  ),
  rejected: statusList(
    "Statuses or classes that mean: never taken. A batch is halved until the culprit stands alone."
  ),
  retry: statusList("Statuses or classes that mean: not now. Events are tried again."),
  unauthorized: statusList(
    "Statuses or classes that mean: the credentials are refused. Events wait for others."
  )
})
  .annotate({
    description: "What answers mean, where it is not the usual. A single status goes before a class."
  })
  .check(
    Schema.makeFilter((lists: { readonly [kind: string]: ReadonlyArray<number | string> }) => {
      const all = Object.values(lists).flat()
      const twice = all.find((status, at) => all.indexOf(status) !== at)
      return twice === undefined || `expected each status once, ${twice} stands twice`
    })
  )

/**
 * What answers mean, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Statuses = typeof Statuses.Type

/**
 * The settings, as a file or code gives them. Strict: an unknown one is an error.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  url: Url,
  method: Schema.Literals(["POST", "PUT", "PATCH"])
    .annotate({ description: "`POST`, `PUT` or `PATCH`." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("POST"))),
  headers: HeaderTemplates.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  body: Schema.optionalKey(BodyTemplate),
  batch: Schema.Literals(["single", "array", "ndjson", "envelope"])
    .annotate({
      description:
        'What a request holds: a `single` event, a JSON `array`, `ndjson` lines, or an `envelope`: `{"events":[...]}`.'
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("single"))),
  envelopeKey: Schema.NonEmptyString.annotate({
    description: "The name of the list in the envelope."
  })
    .check(Schema.isMaxLength(256))
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("events"))),
  limits: Limits.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  statuses: Statuses.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  idempotencyHeader: Schema.optionalKey(
    HeaderName.annotate({
      description: "A header with a key that is the same for the same events, such as `Idempotency-Key`."
    })
  ),
  checkUrl: Schema.optionalKey(
    Schema.String.annotate({
      description:
        "What `millrace check` asks for with GET and the credentials, to be answered 2xx; of the same host as `url`. Without it `url` is asked for, and any answer but 401 and 403 will do."
    })
  ),
  laneName: Schema.NonEmptyString.annotate({
    description: "The name of the only lane, in the ledger and in commands."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("main")))
}).check(
  Schema.makeFilter(({ batch, checkUrl, headers, idempotencyHeader, limits, url }) => {
    const names = Object.keys(headers)
    if (idempotencyHeader !== undefined && Headers.repeated([...names, idempotencyHeader]).length > 0) {
      return { path: ["idempotencyHeader"], issue: "expected a header that does not stand in headers" }
    }
    if (checkUrl !== undefined && !isBeside(checkUrl, url)) {
      return { path: ["checkUrl"], issue: "expected a URL of the same scheme, host and port as url" }
    }
    if (batch === "single") {
      return (
        (limits.messages ?? 1) === 1 || {
          path: ["limits", "messages"],
          issue: "expected 1, since batch is single"
        }
      )
    }
    const issue = `expected no fields of an event: a request holds several, since batch is ${batch}`
    if (hasFields(url)) return { path: ["url"], issue }
    const name = names.find((name) => hasFields(headers[name]!))
    return name === undefined || { path: ["headers", name], issue }
  })
)

/**
 * The settings, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Settings = typeof Settings.Type

// internal

const problemOf = (result: Result.Result<unknown, string>): true | string =>
  Result.isSuccess(result) || result.failure

const headerProblem = (name: string, value: string): string | undefined => {
  if (name.toLowerCase() === "authorization") return "expected it among the credentials, since it is a secret"
  const template = Template.parse(value)
  if (Result.isFailure(template)) return template.failure
  const isGood = template.success.every((part) => typeof part !== "string" || Headers.isSendable(part))
  return Headers.nameProblem(name) ?? (isGood ? undefined : "expected visible ASCII characters")
}

const hasFields = (text: string): boolean =>
  Result.getOrElse(Result.map(Template.parse(text), Template.fieldsOf), () => []).length > 0

/** A fixed URL of the origin to which the credentials go anyway. */
const isBeside = (text: string, url: string): boolean => {
  const address = Result.getOrUndefined(Address.parse(url))
  const other = Result.getOrUndefined(Address.parse(text))
  return other !== undefined && other.origin === address?.origin && Template.fieldsOf(other.path).length === 0
}
