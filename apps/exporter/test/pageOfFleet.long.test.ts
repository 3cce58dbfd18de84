/** The page of one exporter of a fleet: who delivers what, and what becomes of that when another is killed. */
import { describe, it } from "@effect/vitest"
import { Emulator } from "@millrace/mparticle-emulator"
import type { Overview } from "@millrace/operations/Overview"
import * as Effect from "effect/Effect"
import * as Server from "../../../packages/outbox-postgres/test/support/server.ts"
import * as Browser from "./support/browser.ts"
import * as World from "./support/world.ts"

const tracks = 12

describe.skipIf(!Server.isThere || !Browser.hasBrowser)(Server.title("the page of a fleet"), () => {
  it.live(
    "tells who delivers what, and when one is killed that it is gone and others have what was its own",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make
        const server = yield* Server.start()
        const emulator = yield* Emulator.start({ feeds: World.feeds })
        world.writeExport({ seed: 3, events: 500 })
        const start = Effect.fnUntraced(function* (name: string) {
          const port = yield* World.freePort
          const configuration = {
            ...World.configuration(emulator.url),
            name: "shop-events",
            outbox: {
              use: "@millrace/outbox-postgres",
              settings: { tracks, lease: "3 seconds", renew: "1 second" },
              credentials: { url: { env: "DATABASE_URL" } }
            },
            instance: { name },
            admin: { port }
          }
          const program = yield* world.start(
            ["run", world.configure(configuration, `${name}.yaml`), "--follow"],
            { environment: { DATABASE_URL: server.url() } }
          )
          return { program, url: `http://127.0.0.1:${port}` }
        })
        const [first, second] = yield* Effect.all([start("first"), start("second")])
        for (const { program, url } of [first, second]) yield* program.says(`are at ${url}`)
        const until = Effect.fnUntraced(function* (holds: (overview: Overview) => boolean) {
          const look = Effect.promise(
            async (): Promise<Overview> => JSON.parse(await (await fetch(`${first.url}/api/status`)).text())
          )
          let overview = yield* look
          while (!holds(overview)) overview = yield* Effect.delay(look, "50 millis")
          return overview
        })
        const owned = ({ instances = [] }: Overview) =>
          instances.map(({ lanes }) => lanes.reduce((sum, lane) => sum + lane.tracks, 0))
        const { lanes } = yield* until((overview) => {
          const each = owned(overview)
          const all = overview.lanes.length * tracks
          return each.length === 2 && each.every((one) => one === all / 2)
        })
        const { page, assertQuiet } = yield* Browser.open(first.url)
        const rowOf = (name: string) => page.getByRole("row", { name: new RegExp(`^${name}\\b`) })
        yield* Effect.promise(async () => {
          await page.goto(first.url)
          await page.getByRole("heading", { name: "Fleet: 2 instances" }).waitFor()
          for (const { lane } of lanes)
            for (const name of ["first", "second"])
              await rowOf(name)
                .getByText(`mparticle/${lane}: ${tracks / 2} of ${tracks}`)
                .waitFor()
        })
        second.program.kill("SIGKILL")
        yield* second.program.ended
        yield* Effect.promise(async () => {
          await page.getByRole("heading", { name: "Fleet: 1 instance" }).waitFor()
          await rowOf("second gone").waitFor()
          for (const { lane } of lanes) {
            await rowOf("second gone")
              .getByText(`mparticle/${lane}: ${tracks / 2} of ${tracks}, taken over`)
              .waitFor()
            await rowOf("first").getByText(`mparticle/${lane}: ${tracks} of ${tracks}`).waitFor()
          }
          for (const colorScheme of ["light", "dark"] as const) {
            await page.emulateMedia({ colorScheme })
            for (const width of [390, 1600]) {
              await page.setViewportSize({ width, height: 1000 })
              await Browser.assertOpenToAll(page, `a fleet, ${colorScheme}, ${width}`)
              await Browser.assertFits(page, `a fleet, ${colorScheme}, ${width}`)
            }
          }
          await page.emulateMedia({ colorScheme: "light" })
          await page.setViewportSize({ width: 1280, height: 600 })
          await page.getByRole("heading", { name: /^Fleet/ }).scrollIntoViewIfNeeded()
          await Browser.picture(page, "fleet")
        })
        assertQuiet()
      })
  )
})
