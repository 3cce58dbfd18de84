/**
 * The program of a reading thread, once it shares copies.
 */
import { parentPort, workerData } from "node:worker_threads"
import * as Reading from "@millrace/core/Reading"
import * as Effect from "effect/Effect"
import { load } from "./load.ts"
import * as Logs from "./logs.ts"
import type { ReaderData } from "./readers.ts"
import { shown } from "./thrownText.ts"

if (parentPort !== null) {
  const port = parentPort
  const data: ReaderData = workerData
  const definition = Effect.map(load(data.config, data.startedAs), (loaded) =>
    data.showDefects ? shown(loaded.definition) : loaded.definition
  )
  const serving = Reading.serve(definition, {
    postMessage: (message, transfer = []) => port.postMessage(message, [...transfer]),
    on: (event, listener) => port.on(event, listener)
  })
  Effect.runFork(Effect.provide(serving, Logs.layer))
}
