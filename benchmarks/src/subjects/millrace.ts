/** The exporter, run to its end. */
import * as Effect from "effect/Effect"
import { destination, expectSettled, exporterTo, outbox } from "./exporter.ts"

expectSettled(await Effect.runPromise(Effect.provide(exporterTo(destination).run, outbox)))
