/** Fills an outbox: reads everything before the feeds have got their keys. */
import { Ledger } from "@millrace/core"
import * as Effect from "effect/Effect"
import { exporterTo, keyless, outbox } from "./exporter.ts"
import { tell } from "./given.ts"

const ledger = await Effect.runPromise(Effect.provide(exporterTo(keyless).run, outbox))
tell({ waiting: Ledger.total(ledger, "waiting") })
