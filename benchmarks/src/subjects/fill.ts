/** Fills an outbox: reads everything before the feeds have got their keys. */
import { Ledger } from "@millrace/core"
import * as Effect from "effect/Effect"
import { tell } from "../tell.ts"
import { exporterTo, keyless, outbox } from "./exporter.ts"

const ledger = await Effect.runPromise(Effect.provide(exporterTo(keyless).run, outbox))
tell({ waiting: Ledger.total(ledger, "waiting") })
