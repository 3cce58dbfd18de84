/** Of one trouble the log, `status`, the admin endpoint, the metrics and an alert say the same, in the same words, by default. */
import { mkdirSync, writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, type FailurePlan } from "@millrace/mparticle-emulator"
import type { Alert, Condition } from "@millrace/operations/Alerts"
import * as Effect from "effect/Effect"
import { startHook } from "./support/alerted.ts"
import { assertEnded, until } from "./support/millrace.ts"
import * as World from "./support/world.ts"

/** A source that has nothing to read, and lost its key once the file is there. */
const refusing = `
import { existsSync } from "node:fs"
import { Catalogue, Source } from "@millrace/core"
import { Effect, Schema } from "effect"

export const source = Source.plugin({
  name: "refused",
  catalogue: Catalogue.any,
  settings: Schema.Struct({ path: Schema.String }),
  credentials: Schema.Struct({}),
  run: ({ path }) => () =>
    Effect.sync(() => existsSync(path)).pipe(
      Effect.delay("50 millis"),
      Effect.repeat({ until: (lost) => lost }),
      Effect.andThen(
        Effect.fail(new Source.SourceError({ kind: "unauthorized", detail: "answered 401; look at the token" }))
      )
    )
})
`

interface Trouble {
  readonly name: string
  readonly condition: Condition["condition"]
  /** Laid over the configuration. */
  readonly top?: object
  /** What the emulator does to every request, from the start of the trouble on. */
  readonly failures?: ReadonlyArray<FailurePlan.Rule>
  readonly losesKey?: boolean
  readonly events?: number
}

const troubles: ReadonlyArray<Trouble> = [
  {
    name: "a lane that lost its key",
    condition: "closed",
    failures: [{ kind: "status", status: 401, feed: "unbound" }]
  },
  {
    name: "a source that lost its key",
    condition: "source",
    top: { source: { use: "./refusing.ts#source", settings: { path: "./lost" } } },
    losesKey: true
  },
  {
    name: "an outage",
    condition: "no-success",
    failures: [{ kind: "reset-before" }]
  },
  {
    name: "a full outbox",
    condition: "outbox-full",
    top: { outbox: { use: "@millrace/outbox-sqlite", settings: { path: "./state", size: "1 MB" } } },
    failures: [{ kind: "status", status: 503 }],
    events: 6000
  },
  {
    name: "a slow remote",
    condition: "no-success",
    // Longer than the whole test takes anywhere: an answer would end the condition between two looks.
    failures: [{ kind: "slow-answer", wait: 600_000 }]
  }
]

/** A line of the log about what needs attention. */
type Line = Pick<Condition, "condition" | "lane" | "source"> & {
  readonly event: string
  readonly message: string
}

/** The words, without counts and times: these move on between two looks. */
const words = (text: string): string =>
  text.replace(/\d[\d,.:TZ-]*/g, "#").replace(/ (GB|MB|kB|bytes)\b/g, " #")

describe.concurrent("of one trouble all places say the same", () => {
  it.live.each(troubles)("$name", ({ condition, events = 300, failures = [], losesKey, top = {} }) =>
    Effect.gen(function* () {
      const world = yield* World.make
      const hook = yield* startHook
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      const port = yield* World.freePort
      const base = World.configuration(emulator.url)
      world.put("refusing.ts", refusing)
      mkdirSync(world.path("export"))
      const file = world.configure({
        ...base,
        ...top,
        admin: { port },
        routes: base.routes.map((route) => ({
          ...route,
          policy: { ...World.patient, longestBackoff: "500 millis" }
        })),
        alerts: { webhook: { url: { env: "HOOK" } } }
      })
      emulator.fail(failures)
      const program = yield* world.start(["run", file, "--follow"], { environment: { HOOK: hook.url } })
      yield* program.says("started")
      if (losesKey) writeFileSync(world.path("lost"), "")
      else world.writeExport({ seed: 81, events })

      const posted = (): ReadonlyArray<Alert> =>
        hook.requests
          .flatMap(({ body }): ReadonlyArray<Alert> => JSON.parse(body).alerts)
          .filter((alert) => alert.kind === "raised" && alert.condition === condition)
      yield* until(program, () => posted().length > 0)
      const [{ text: alerted, lane, source }] = posted() as [Alert]

      const asked = (path: string) =>
        Effect.promise(() => fetch(`http://127.0.0.1:${port}${path}`).then((answer) => answer.text()))
      const found: ReadonlyArray<Condition> = JSON.parse(yield* asked("/api/alerts")).attention
      const same = found.find(
        (one) => one.condition === condition && one.lane === lane && one.source === source
      )
      assert.strictEqual(words(same?.text ?? ""), words(alerted))

      const shown = yield* world.millrace(["status", file])
      assert.include(words(shown.stdout), words(alerted))

      const metrics = yield* asked("/metrics")
      const attention = metrics.split("\n").filter((line) => line.startsWith("millrace_attention{"))
      const labels = [
        `condition="${condition}"`,
        ...(lane ? [`lane="${lane}"`] : []),
        ...(source ? [`source="${source}"`] : [])
      ]
      assert.isTrue(
        attention.some((line) => line.endsWith(" 1") && labels.every((label) => line.includes(label))),
        attention.join("\n")
      )

      // A second signal ends it at once: a slow answer is not waited for.
      program.kill("SIGTERM")
      yield* program.says("stopping")
      program.kill("SIGTERM")
      const ended = yield* program.ended
      const logged = ended.stderr
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line): Line => JSON.parse(line))
        .filter((line) => line.event === "attention-needed" && line.condition === condition)
        .filter((line) => line.lane === lane && line.source === source)
      assert.include(
        logged.map(({ message }) => words(message)),
        words(alerted)
      )
      assertEnded(ended, ended.code ?? 0)
    })
  )
})
