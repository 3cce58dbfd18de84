#!/usr/bin/env node
/**
 * The program `mparticle-emulator`.
 *
 * @since 1.0.0
 */
import process from "node:process"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Emulator from "./Emulator.ts"
import * as Feeds from "./Feeds.ts"
import { type Command, help, parseCommandLine } from "./internal/commandLine.ts"

const say = (text: string) => Effect.sync(() => void process.stdout.write(text))

const run = Effect.fnUntraced(function* (command: Command) {
  if (command.kind === "help") return yield* say(help)
  const feeds = yield* Feeds.readFile(command.feeds)
  const { url } = yield* Emulator.start({ ...command.options, feeds })
  yield* say(`mParticle emulator listening on ${url}\n`)
  return yield* Effect.never
})

const complain = (message: string) =>
  Effect.sync(() => {
    process.stderr.write(`mparticle-emulator: ${message}\n`)
    process.exitCode = 2
  })

const main = Effect.fromResult(parseCommandLine(process.argv.slice(2))).pipe(
  Effect.mapError((problem) => `${problem} (--help tells the flags)`),
  Effect.flatMap((command) => Effect.mapError(run(command), (error) => error.message)),
  Effect.scoped,
  Effect.catch(complain)
)

const fiber = Effect.runFork(main)
const stop = (): void => void Effect.runFork(Fiber.interrupt(fiber))
process.once("SIGTERM", stop)
process.once("SIGINT", stop)
