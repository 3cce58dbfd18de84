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
import { AvroRecord, Braze } from "@millrace/events-braze"
import * as Schema from "effect/Schema"
import { expectFile } from "./internal/anyFile.ts"
import * as Checkpoint from "./internal/checkpoint.ts"
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
  })
})

/**
 * The settings, read.
 *
 * @since 1.0.0
 * @category models
 */
export type Settings = typeof Settings.Type

/** Many files share few schemas, and a reader is dear to make. */
const readers = () => {
  const known = new Map<string, ReturnType<typeof AvroRecord.reader>>()
  return (schema: string) => {
    const reader = known.get(schema) ?? AvroRecord.reader(schema)
    if (known.size >= schemaLimit) known.clear()
    known.set(schema, reader)
    return reader
  }
}
const schemaLimit = 500

/**
 * A source of the events in files. A split is a file's path relative to `path`.
 *
 * A finite run ends when every file is read and then fails with a `SourceError` if some could not be; the others have
 * been read. A run that follows looks again every five seconds, or less often where looking
 * itself takes long, and never ends.
 *
 * @since 1.0.0
 * @category constructors
 */
export const files = Source.plugin({
  name: "@millrace/source-files",
  settings: Settings,
  catalogue: Braze.catalogue,
  replayable: true,
  parallel: true,
  placeOf: Checkpoint.placeOf,
  check: ({ path }, _, { follow }) => expectFile(resolve(path), follow),
  run:
    ({ path }) =>
    (intake, options) =>
      Pass.run(resolve(path), intake, options, readers())
})
