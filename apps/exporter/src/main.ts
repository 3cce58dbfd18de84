/**
 * The program `millrace`.
 */
import process from "node:process"
import * as NodeChildProcessSpawner from "@effect/platform-node-shared/NodeChildProcessSpawner"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import * as NodeStdio from "@effect/platform-node-shared/NodeStdio"
import * as NodeTerminal from "@effect/platform-node-shared/NodeTerminal"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import manifest from "../package.json" with { type: "json" }
import * as CommandLine from "./commandLine.ts"
import { alerts } from "./commands/alerts.ts"
import { backfill } from "./commands/backfill.ts"
import { check } from "./commands/check.ts"
import { deadLetters } from "./commands/deadLetters.ts"
import { lanes } from "./commands/lanes.ts"
import { outbox } from "./commands/outbox.ts"
import { preview } from "./commands/preview.ts"
import { replay } from "./commands/replay.ts"
import { run } from "./commands/run.ts"
import { status } from "./commands/status.ts"
import { conclude } from "./exitCode.ts"
import * as Logs from "./logs.ts"

const millrace = Command.make("millrace").pipe(
  Command.withDescription(
    "Carries events from a source to destinations and accounts for every one. Begin with: millrace check <config>"
  ),
  Command.withSubcommands([run, check, preview, status, lanes, deadLetters, replay, backfill, outbox, alerts])
)

const files = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)
const platform = Layer.mergeAll(
  files,
  NodeTerminal.layer,
  NodeStdio.layer,
  Layer.provide(NodeChildProcessSpawner.layer, files)
)

// Whoever reads the output may stop reading it, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
})

Effect.runFork(
  Command.run(millrace, { version: manifest.version }).pipe(
    Effect.provide(Layer.mergeAll(platform, Logs.layer, CommandLine.layer)),
    Effect.exit,
    Effect.flatMap((exit) =>
      Effect.sync(() => {
        process.exitCode = conclude(exit)
      })
    )
  )
)
