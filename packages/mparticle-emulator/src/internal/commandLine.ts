import { parseArgs } from "node:util"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Options } from "../Emulator.ts"
import * as FailurePlan from "../FailurePlan.ts"
import { explainIssue } from "./explainIssue.ts"
import { parseJson } from "./parseJson.ts"

/** What the command line asks for: the options, with the path of the feeds file in place of the feeds. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "start"; readonly feeds: string; readonly options: Omit<Options, "feeds"> }

const flags = {
  feeds: { type: "string" },
  port: { type: "string" },
  host: { type: "string" },
  capture: { type: "string" },
  rate: { type: "string" },
  faithful: { type: "boolean" },
  "fail-rate": { type: "string" },
  fail: { type: "string", multiple: true },
  seed: { type: "string" },
  help: { type: "boolean", short: "h" }
} as const

export const help = `Usage: mparticle-emulator --feeds FILE [FLAGS]

A local mParticle Events API that refuses what mParticle refuses and fails on demand.

  --feeds FILE      the feeds: {"feeds": {"ios": {"key": "...", "secret": "..."}, ...}} (required)
  --port N          port to listen on, 0 takes a free one (default 8090)
  --host HOST       address to listen on (default 127.0.0.1)
  --capture FILE    record every request here, one JSON text a line; read at start, so that counts and
                    known ids survive a restart
  --rate N          batches a second allowed to each feed (default: no limit)
  --faithful        answer in all as mParticle documents: 202 to a bulk request with bad batches, which
                    are dropped, where a refusal is the default
  --fail-rate R     answer 503 to this share of the requests, 0 to 1, half of them with Retry-After
  --fail RULE       a failure on demand as JSON, may be repeated; the first rule that takes a request
                    decides, e.g. '{"kind": "hang", "wait": "5 seconds", "feed": "ios", "count": 3}'
  --seed N          the same seed and the same requests give the same failures (default: random)
  -h, --help        show this

While it runs: its address shows in a browser what it holds, GET /_emulator/state the same as JSON, DELETE
/_emulator/state clears it, POST /_emulator/failures sets an array of rules, POST /_emulator/feeds
replaces the feeds.
`

const decodeRule = Schema.decodeUnknownResult(FailurePlan.Rule, { onExcessProperty: "error" })

const optional = <A>(
  value: string | undefined,
  read: (value: string) => Result.Result<A, string>
): Result.Result<A | undefined, string> => (value === undefined ? Result.succeed(undefined) : read(value))

const number =
  (flag: string, what: string, accepts: (value: number) => boolean) =>
  (text: string): Result.Result<number, string> => {
    const value = text.trim() === "" ? Number.NaN : Number(text)
    return accepts(value) ? Result.succeed(value) : Result.fail(`--${flag} takes ${what}, not '${text}'`)
  }

const port = number("port", "a number from 0 to 65535", (n) => Number.isInteger(n) && n >= 0 && n <= 65_535)
const rate = number("rate", "a number above 0", (n) => Number.isFinite(n) && n > 0)
const share = number("fail-rate", "a number from 0 to 1", (n) => n >= 0 && n <= 1)
const seed = number("seed", "a whole number", Number.isSafeInteger)

const rule = (text: string): Result.Result<FailurePlan.Rule, string> =>
  Option.match(parseJson(text), {
    onNone: () => Result.fail(`--fail takes a JSON text, not '${text}'`),
    onSome: (value) => Result.mapError(decodeRule(value), (error) => `--fail ${explainIssue(error)}`)
  })

const unavailable = (share: number): FailurePlan.Rule => ({
  kind: "status",
  status: 503,
  rate: share,
  retryAfter: { seconds: 1, share: 0.5 }
})

// Node explains at length how to write positional arguments: its first sentence says what is wrong.
const firstSentence = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split(/\. |\n/, 1)[0] ?? ""

/** Reads the arguments; the failure is one line. */
export const parseCommandLine = (args: ReadonlyArray<string>): Result.Result<Command, string> =>
  Result.gen(function* () {
    const { values } = yield* Result.try({
      try: () => parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false }),
      catch: firstSentence
    })
    if (values.help === true) return { kind: "help" }
    if (values.feeds === undefined) return yield* Result.fail("--feeds FILE is required")
    const limit = yield* optional(values.rate, rate)
    const failing = yield* optional(values["fail-rate"], share)
    const seeded = yield* optional(values.seed, seed)
    const rules = yield* Result.all((values.fail ?? []).map(rule))
    return {
      kind: "start",
      feeds: values.feeds,
      options: {
        host: values.host ?? "127.0.0.1",
        port: yield* port(values.port ?? "8090"),
        faithful: values.faithful ?? false,
        failures: failing === undefined ? rules : [...rules, unavailable(failing)],
        ...(values.capture === undefined ? {} : { capture: values.capture }),
        ...(limit === undefined ? {} : { rate: limit }),
        ...(seeded === undefined ? {} : { seed: seeded })
      }
    }
  })
