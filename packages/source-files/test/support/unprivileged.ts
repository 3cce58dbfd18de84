/** Runs the source on a path as a user who may not read everything, and prints how it ended. */
import * as Effect from "effect/Effect"
import * as Recorder from "./recorder.ts"

if (process.getuid?.() === 0) process.seteuid!(65_534)
const recorder = Recorder.make()
const { detail } = await Effect.runPromise(Effect.flip(Recorder.run(recorder, process.argv[2]!)))
process.stdout.write(JSON.stringify({ detail, events: recorder.events.length }))
