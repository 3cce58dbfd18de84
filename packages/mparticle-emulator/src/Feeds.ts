/**
 * The feeds of the emulated workspace: a name and a pair of credentials each.
 *
 * @since 1.0.0
 */
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { EmulatorError } from "./EmulatorError.ts"
import { explainIssue } from "./internal/explainIssue.ts"

const pair = {
  // A colon ends the user name in HTTP Basic authentication.
  key: Schema.String.check(Schema.isPattern(/^[^:]+$/, { expected: "a key without a colon" })),
  secret: Schema.NonEmptyString
}

/**
 * One feed's key and secret; `previous` is a pair that is still taken while a change of credentials goes on.
 *
 * @since 1.0.0
 * @category models
 */
export const Credentials = Schema.Struct({ ...pair, previous: Schema.optionalKey(Schema.Struct(pair)) })

/**
 * One feed's credentials.
 *
 * @since 1.0.0
 * @category models
 */
export type Credentials = typeof Credentials.Type

/**
 * Feeds by name. When two of them hold the same pair, the first takes what is sent with it.
 *
 * @since 1.0.0
 * @category models
 */
export const Feeds = Schema.Record(Schema.NonEmptyString, Credentials)

/**
 * Credentials of feeds by the feed's name.
 *
 * @since 1.0.0
 * @category models
 */
export type Feeds = typeof Feeds.Type

const decode = Schema.decodeUnknownResult(Schema.Struct({ feeds: Feeds }), {
  errors: "all",
  onExcessProperty: "error"
})

/**
 * Feeds from the text of a feeds file: `{"feeds": {"ios": {"key": "...", "secret": "..."}}}`. The failure is a
 * line for people and holds no value of the text.
 *
 * @since 1.0.0
 * @category conversions
 */
export const fromJson = (text: string): Result.Result<Feeds, string> =>
  Result.try({ try: (): unknown => JSON.parse(text), catch: () => "is not valid JSON" }).pipe(
    Result.flatMap((value) => Result.mapError(decode(value), explainIssue)),
    Result.map((file) => file.feeds)
  )

/**
 * Feeds from a file.
 *
 * @since 1.0.0
 * @category constructors
 */
export const readFile = (path: string): Effect.Effect<Feeds, EmulatorError> =>
  Effect.try({
    try: () => readFileSync(path, "utf8"),
    catch: () => new EmulatorError({ reason: "feeds", message: `feeds file ${path} cannot be read` })
  }).pipe(
    Effect.flatMap((text) =>
      Effect.fromResult(
        Result.mapError(
          fromJson(text),
          (problem) => new EmulatorError({ reason: "feeds", message: `feeds file ${path}: ${problem}` })
        )
      )
    )
  )
