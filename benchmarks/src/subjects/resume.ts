/** Goes on with a full outbox, and tells how long it took to open. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { tell } from "../tell.ts"
import { destination, exporterTo, outbox } from "./exporter.ts"

const program = Effect.scoped(
  Effect.gen(function* () {
    const before = performance.now()
    const opened = yield* Layer.build(outbox)
    tell({ opening: performance.now() - before })
    yield* Effect.provide(exporterTo(destination).run, opened)
  })
)

await Effect.runPromise(program)
