/**
 * Golden pairs: a folder of JSON files, each with what goes `in` and what comes `out` of it, as `test/golden` of a plugin
 * has them. `vitest -u` writes every `out` that has changed anew: the difference is what is to be reviewed.
 *
 * @since 1.0.0
 */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { isDeepStrictEqual } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import type { Destination } from "@millrace/core/Destination"
import type { Event } from "@millrace/core/Event"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Flaw, flaw } from "./internal/conformance/proof.ts"

/**
 * A folder of pairs, and how one thing becomes the other.
 *
 * @since 1.0.0
 * @category models
 */
export interface GoldenPairs<In, Pair> {
  /** Each of its `.json` files is a pair: `{ "in": ..., "out": ... }`. */
  readonly folder: URL
  /**
   * What `in` becomes: a JSON value, or a promise of one; it is compared as data. For a destination it is `messageOf`. The
   * whole file comes second, for pairs that say more than `in`, such as settings.
   */
  readonly out: (given: In, pair: Pair) => unknown
}

/**
 * Declares a vitest test for each pair, and returns what went in, such as the events for `destinationConformance`. Throws
 * when the folder holds no pair, or a file no `in`.
 *
 * @since 1.0.0
 * @category testing
 */
export const goldenPairs = <In, Pair = unknown>({
  folder,
  out
}: GoldenPairs<In, Pair>): readonly [In, ...ReadonlyArray<In>] => {
  const path = fileURLToPath(folder)
  const files = readdirSync(path).filter((name) => name.endsWith(".json"))
  const [first, ...others] = files.map((name) => read<In, Pair>(join(path, name)))
  if (first === undefined) throw new Flaw({ detail: `no golden pairs: put {"in": ...} into ${path}any.json` })
  describe("golden pairs", () => {
    it.each([first, ...others])("$name", async ({ path, pair }) => {
      const found = asJson(await out(pair.in, pair))
      if (isDeepStrictEqual(found, pair.out)) return
      const text = JSON.stringify({ ...pair, out: found }, null, 2)
      await expect(`${text}\n`).toMatchFileSnapshot(path)
    })
  })
  return [first.pair.in, ...others.map(({ pair }) => pair.in)]
}

/**
 * How a destination makes a message of an event, for `out` of `goldenPairs`: it is opened, `assign` names the lane, and
 * the message of `prepare` is as the remote reads it; bytes
 * are in Base64. Fails for an event that is not accepted, skipped or rejected.
 *
 * @since 1.0.0
 * @category testing
 */
export const messageOf =
  <E extends Event>(destination: Destination<E>): ((event: E) => Promise<unknown>) =>
  (event) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const { assign, prepare } = yield* destination.open
        const refused = (how: string) => flaw(`${destination.plugin} ${how}`)
        if (!destination.accepts.valid(event))
          return yield* refused(`does not accept it: ${destination.accepts.explain(event)}`)
        const assignment = assign(event)
        if (assignment._tag === "Skip") return yield* refused(`skips it: ${assignment.reason}`)
        const made = prepare([event], assignment.lane)
        if (Result.isFailure(made))
          return yield* refused(`rejects it: ${made.failure.reason} ${made.failure.detail ?? ""}`)
        if ("bytes" in made.success) return Buffer.from(made.success.bytes).toString("base64")
        return "json" in made.success ? made.success.json : made.success.text
      })
    )

// internal

const read = <In, Pair>(path: string) => {
  const parsed = Result.try((): Pair & { readonly in: In; readonly out?: unknown } =>
    JSON.parse(readFileSync(path, "utf8"))
  )
  if (Result.isFailure(parsed)) throw new Flaw({ detail: `${path} is no JSON: ${parsed.failure}` })
  const pair = parsed.success
  if (typeof pair !== "object" || pair === null || !Object.hasOwn(pair, "in"))
    throw new Flaw({ detail: `${path} has no "in"` })
  return { name: basename(path), path, pair }
}

/** As the remote reads it. */
const asJson = (value: unknown): unknown => {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new Flaw({ detail: "what becomes of it is no JSON value" })
  return JSON.parse(text)
}
