/**
 * Which requests fail, and how. Pure: what happens follows from the rules, the requests in their order and the
 * random numbers given, so the same seed and the same requests give the same failures.
 *
 * @since 1.0.0
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { errorBody } from "./internal/errorBody.ts"

const durationFromString = Schema.decodeUnknownOption(Schema.DurationFromString)

const isWait = (value: unknown): value is number | `${number} ${Duration.Unit}` => {
  const duration = typeof value === "number" ? Option.some(Duration.millis(value)) : durationFromString(value)
  const millis = Option.map(duration, Duration.toMillis)
  return Option.isSome(millis) && millis.value >= 0 && Number.isFinite(millis.value)
}

const Wait = Schema.declare(isWait, {
  expected: 'a number of milliseconds or a text such as "2 seconds"'
})

const conditions = {
  /** Only requests with this feed's credentials. */
  feed: Schema.optionalKey(Schema.NonEmptyString),
  /** Share of the requests that fail, 0 to 1; all of them when left out. */
  rate: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  /** The rule ends after this many failures. */
  count: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  /** The rule ends this long after it was given. */
  duration: Schema.optionalKey(Wait)
}

const RetryAfter = Schema.Struct({
  seconds: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  /** `seconds` (default) as documented, `date` as HTTP allows, `junk` as nobody should. */
  form: Schema.optionalKey(Schema.Literals(["seconds", "date", "junk"])),
  /** Share of the answers that carry the header; all of them when left out. */
  share: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })))
})

// One struct for each kind, so that a fault in a rule is told for the kind it names.
const plain = <K extends string>(kind: K) => Schema.Struct({ ...conditions, kind: Schema.Literal(kind) })
const waiting = <K extends string>(kind: K) =>
  Schema.Struct({ ...conditions, kind: Schema.Literal(kind), wait: Wait })

/**
 * One rule: a kind of failure, and `feed`, `rate`, `count`, `duration` to say which requests it takes.
 *
 * - `status`: that answer, with `X-mp-rate-limit-exceeded` when `scope` is given and mParticle's error body
 *   unless `body` replaces it; nothing is accepted.
 * - `reset-before`: the connection is reset before the body is read.
 * - `reset-after`: the request is handled and kept, then the connection is reset without an answer.
 * - `hang`: no answer for `wait`, then a reset; nothing is accepted.
 * - `slow-answer`, `slow-body`: the request is handled at once; the answer, or its body, takes `wait`.
 * - `nonsense`: bytes that are not HTTP; nothing is accepted.
 *
 * @since 1.0.0
 * @category models
 */
export const Rule = Schema.Union([
  Schema.Struct({
    ...conditions,
    kind: Schema.Literal("status"),
    status: Schema.Int.check(Schema.isBetween({ minimum: 300, maximum: 599 })),
    scope: Schema.optionalKey(Schema.String),
    retryAfter: Schema.optionalKey(RetryAfter),
    body: Schema.optionalKey(Schema.String)
  }),
  plain("reset-before"),
  plain("reset-after"),
  plain("nonsense"),
  waiting("hang"),
  waiting("slow-answer"),
  waiting("slow-body")
])

/**
 * One kind of failure and the requests it takes.
 *
 * @since 1.0.0
 * @category models
 */
export type Rule = typeof Rule.Type

/**
 * Rules in the order they are asked: the first that takes a request decides.
 *
 * @since 1.0.0
 * @category models
 */
export const FailurePlan = Schema.Array(Rule)

/**
 * Rules in the order they are asked.
 *
 * @since 1.0.0
 * @category models
 */
export type FailurePlan = typeof FailurePlan.Type

/**
 * What is to happen to one request. `wait` is in milliseconds.
 *
 * @since 1.0.0
 * @category models
 */
export type Action =
  | {
      readonly kind: "status"
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }
  | { readonly kind: "reset-before" | "reset-after" | "nonsense" }
  | { readonly kind: "hang" | "slow-answer" | "slow-body"; readonly wait: number }

/**
 * The names of the kinds of failure.
 *
 * @since 1.0.0
 * @category models
 */
export type Kind = Action["kind"]

/**
 * A rule at work: `until` in milliseconds of the epoch, `left` the failures still to come.
 *
 * @since 1.0.0
 * @category models
 */
export interface Standing {
  readonly rule: Rule
  readonly until: number | null
  readonly left: number | null
}

/**
 * What a decision rests on: the feed whose credentials the request carries, and the time in milliseconds.
 *
 * @since 1.0.0
 * @category models
 */
export interface Facts {
  readonly feed: string | null
  readonly at: number
}

/**
 * Puts a plan to work at a time.
 *
 * @since 1.0.0
 * @category constructors
 */
export const begin = (plan: FailurePlan, at: number): ReadonlyArray<Standing> =>
  plan.map((rule) => ({
    rule,
    until: rule.duration === undefined ? null : at + Duration.toMillis(rule.duration),
    left: rule.count ?? null
  }))

/**
 * What happens to one request, and the rules that stand after it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const decide = (
  standing: ReadonlyArray<Standing>,
  facts: Facts,
  random: () => number
): { readonly action: Action | undefined; readonly standing: ReadonlyArray<Standing> } => {
  const alive = standing.filter((each) => each.until === null || facts.at < each.until)
  const taken = alive.findIndex(({ rule }) => takes(rule, facts, random))
  const chosen = alive[taken]
  if (chosen === undefined) return { action: undefined, standing: alive }
  const left = chosen.left === null ? null : chosen.left - 1
  return {
    action: toAction(chosen.rule, facts, random),
    standing: left === 0 ? alive.toSpliced(taken, 1) : alive.toSpliced(taken, 1, { ...chosen, left })
  }
}

// internal

const takes = (rule: Rule, facts: Facts, random: () => number): boolean =>
  (rule.feed === undefined || rule.feed === facts.feed) && (rule.rate === undefined || random() < rule.rate)

const toAction = (rule: Rule, facts: Facts, random: () => number): Action => {
  switch (rule.kind) {
    case "status":
      return {
        kind: rule.kind,
        status: rule.status,
        headers: {
          ...(rule.scope === undefined ? {} : { "X-mp-rate-limit-exceeded": rule.scope }),
          ...retryAfterHeader(rule.retryAfter, facts, random)
        },
        body: rule.body ?? errorBody(rule.status, "failure on demand")
      }
    case "hang":
    case "slow-answer":
    case "slow-body":
      return { kind: rule.kind, wait: Duration.toMillis(rule.wait) }
    default:
      return { kind: rule.kind }
  }
}

const retryAfterHeader = (
  retryAfter: typeof RetryAfter.Type | undefined,
  facts: Facts,
  random: () => number
): Readonly<Record<string, string>> => {
  if (retryAfter === undefined) return {}
  if (retryAfter.share !== undefined && random() >= retryAfter.share) return {}
  switch (retryAfter.form ?? "seconds") {
    case "seconds":
      return { "Retry-After": String(retryAfter.seconds) }
    case "date":
      return { "Retry-After": new Date(facts.at + retryAfter.seconds * 1000).toUTCString() }
    case "junk":
      return { "Retry-After": "soon" }
  }
}
