/**
 * Files of a Braze Currents export, below a folder or one by one: Avro, NDJSON, and both gzipped.
 *
 * Every chunk is durable with its checkpoint before the next is read, so a run that stops anywhere goes on there: to
 * the block of an Avro file, to the line of NDJSON. A damaged block or line becomes one dead letter and costs nothing
 * around it. A file that ends too early is taken up to there, and from there on when it has grown. No file is ever
 * changed, moved or deleted.
 *
 * @since 1.0.0
 */
import { resolve } from "node:path"
import * as Source from "@millrace/core/Source"
import * as Checkpoint from "@millrace/formats/Checkpoint"
import * as SplitReader from "@millrace/formats/SplitReader"
import { brazeCurrents } from "@millrace/objects/NamedFormat"
import { Hour, hourOf } from "@millrace/objects/ObjectSettings"
import * as Problems from "@millrace/objects/Problems"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { expectFile } from "./internal/anyFile.ts"
import * as Pass from "./internal/pass.ts"

/**
 * The settings.
 *
 * @since 1.0.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  path: Schema.NonEmptyString.annotate({
    description:
      "A folder, read with all folders below it in any layout, or one file. Relative to the working directory."
  }),
  format: Schema.Literals(["braze-currents"]).annotate({
    description: "What the files hold: `braze-currents` for a Currents export to cloud storage."
  }),
  from: Schema.optionalKey(Hour).annotate({
    description:
      "The first day or hour to read, in UTC, such as `2026-11-01` or `2026-11-01T05`: folders with an earlier hour in their name are passed over. Files without an hour in their path are always read."
  }),
  interval: Schema.DurationFromString.pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("2 seconds"))
  ).annotate({
    description:
      "How often a run that follows looks for new files, such as `500 millis` or `1 minute`. Less often where looking takes long."
  })
})

/**
 * The settings, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Settings = typeof Settings.Type

const plugin = "@millrace/source-files"

/**
 * A source of the events in files. A split is a file's path relative to `path`.
 *
 * A finite run ends when every file is read and then fails with a `SourceError` if some could not be; the others have
 * been read. A run that follows looks again every `interval`, at what may have changed where there is much, and never
 * ends.
 *
 * @since 1.0.0
 * @category constructors
 */
export const files = Source.plugin({
  name: plugin,
  settings: Settings,
  catalogue: brazeCurrents.catalogue,
  replayable: true,
  ranged: true,
  parallel: true,
  placeOf: Checkpoint.placeOf,
  check: ({ path, from = "" }, _, { follow }) => expectFile(resolve(path), follow, hourOf(from) ?? ""),
  run:
    ({ path, from = "", interval }) =>
    (intake, options) => {
      const place = {
        root: resolve(path),
        from: hourOf(from) ?? "",
        interval: Duration.toMillis(interval)
      }
      const pass = Effect.flatMap(
        SplitReader.make({ plugin, format: brazeCurrents.format, intake }),
        (reader) => Pass.run(place, intake, options, reader)
      )
      // A run that ends has been told what cannot be read by the end of it: nobody is kept waiting for it to change.
      return options.follow ? pass : Effect.mapError(pass, Problems.fatal)
    }
})
