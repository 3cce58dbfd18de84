/** The admin endpoint of the command: when it listens, and what is refused at the start. */
import { createServer } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import * as Effect from "effect/Effect"
import * as Millrace from "./support/millrace.ts"
import * as World from "./support/world.ts"

const start = Effect.gen(function* () {
  const world = yield* World.make
  const emulator = yield* Emulator.start({ feeds: World.feeds })
  yield* Effect.sync(() => world.writeExport({ seed: 2, events: 50 }))
  const configure = (admin: unknown) => world.configure(World.configuration(emulator.url, { top: { admin } }))
  return { world, configure }
})

describe("the admin endpoint of the command", () => {
  it.live("listens for a run that follows alone, and not when another has its port", () =>
    Effect.gen(function* () {
      const { configure, world } = yield* start
      const taken = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const address = taken.address()
      const port = typeof address === "object" ? address?.port : undefined
      const file = configure({ port })
      // It would have been refused.
      Millrace.assertEnded(yield* world.millrace(["run", file]), 0)
      const refused = yield* world.millrace(["run", file, "--follow"])
      Millrace.assertEnded(refused, 2)
      assert.match(
        Millrace.saidBy(refused),
        new RegExp(`admin: cannot listen on 127\\.0\\.0\\.1, port ${port} \\(EADDRINUSE\\): .*another port`)
      )
    })
  )

  it.live("whose token is not there is refused by check and run, by its line", () =>
    Effect.gen(function* () {
      const { configure, world } = yield* start
      const file = configure({ host: "0.0.0.0", token: { env: "NO_SUCH_TOKEN" } })
      for (const command of ["check", "run"]) {
        const ended = yield* world.millrace([command, file])
        Millrace.assertEnded(ended, 2)
        assert.match(
          Millrace.saidBy(ended),
          /millrace\.yaml:\d+: admin\.token: the environment variable NO_SUCH_TOKEN is not set/
        )
      }
    })
  )
})
