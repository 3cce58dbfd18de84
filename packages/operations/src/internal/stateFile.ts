/**
 * Small notes in the state directory, for a `status` of an exporter that does not run.
 */
import { readFile, rename, writeFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Takes the place of what was noted before. What cannot be kept was told by the run all the same. */
export const write = (file: string, value: unknown): Effect.Effect<void> =>
  Effect.ignore(
    Effect.tryPromise(async () => {
      await writeFile(`${file}.new`, JSON.stringify(value), { mode: 0o600 })
      await rename(`${file}.new`, file)
    })
  )

/** What was noted, as far as it can be read. */
export const read = <A, I>(file: string, schema: Schema.Codec<A, I>): Effect.Effect<A | undefined> =>
  Effect.tryPromise(() => readFile(file, "utf8")).pipe(
    Effect.flatMap(Schema.decodeEffect(Schema.fromJsonString(schema))),
    Effect.orElseSucceed(() => undefined)
  )
