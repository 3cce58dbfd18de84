/** The page of a real exporter in a real browser: what it shows, and what its actions do to the ledger. */
import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "@millrace/core/Ledger"
import { Emulator } from "@millrace/mparticle-emulator"
import type { Overview } from "@millrace/operations/Overview"
import * as Effect from "effect/Effect"
import type { Page } from "playwright-core"
import * as Browser from "./support/browser.ts"
import * as Millrace from "./support/millrace.ts"
import * as World from "./support/world.ts"

const token = "planted-token-of-the-page-7b2e"

/** An exporter that follows: a lane whose key is refused, one whose events are refused, and bad records. */
const start = Effect.gen(function* () {
  const world = yield* World.make
  const emulator = yield* Emulator.start({
    feeds: { ...World.feeds, web: { ...World.feeds["web"]!, secret: "another" } },
    failures: [{ kind: "status", status: 400, feed: "android" }]
  })
  const port = yield* World.freePort
  yield* Effect.sync(() =>
    world.writeExport({ seed: 4, events: 2500, damage: { blocks: 1, tails: 0, lines: 30 } })
  )
  world.configure({
    ...World.configuration(emulator.url),
    name: "shop-events",
    admin: { port, token: { env: "ADMIN_TOKEN" } }
  })
  const program = yield* world.start(["run", "millrace.yaml", "--follow"], {
    environment: { ADMIN_TOKEN: token }
  })
  const url = `http://127.0.0.1:${port}`
  yield* program.says(`are at ${url}`)
  const status = Effect.promise(async (): Promise<Overview> => {
    const answer = await fetch(`${url}/api/status`, { headers: { authorization: `Bearer ${token}` } })
    return JSON.parse(await answer.text())
  })
  const until = Effect.fnUntraced(function* (holds: (overview: Overview) => boolean) {
    let overview = yield* status
    while (!holds(overview)) overview = yield* Effect.delay(status, "50 millis")
    return overview
  })
  return { emulator, until, url }
})

const login = async (page: Page, url: string) => {
  await page.goto(url)
  const field = page.getByLabel(/The token of this exporter/)
  await field.fill("wrong")
  await page.getByRole("button", { name: "Go on" }).click()
  await page.getByText("This is not the token.").waitFor()
  await field.fill(token)
  await page.getByRole("button", { name: "Go on" }).click()
  await page.getByRole("heading", { level: 1, name: /shop-events/ }).waitFor()
}

/** By the keyboard alone: tabs on until the element has the focus. */
const tabTo = async (page: Page, name: RegExp) => {
  for (let presses = 0; presses < 400; presses++) {
    await page.keyboard.press("Tab")
    const focused = await page.evaluate<string>(
      "(document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').trim()"
    )
    if (name.test(focused)) return
  }
  assert.fail(`the keyboard does not lead to ${name}`)
}

describe.skipIf(!Browser.hasBrowser)("the page of an exporter", () => {
  it.live("shows first what needs a person, and its actions do what they say", () =>
    Effect.gen(function* () {
      const { emulator, until, url } = yield* start
      const before = yield* until(
        ({ lanes, routes }) =>
          lanes.some(({ lane, gate }) => lane === "web" && !gate.open) &&
          Object.keys(routes["mparticle"]?.waiting ?? {}).join() === "web" &&
          (routes["mparticle"]?.dead["bad-request"] ?? 0) > 0
      )
      const { page, assertQuiet } = yield* Browser.open(url)
      yield* Effect.promise(async () => {
        await login(page, url)
        // In the words of the alert.
        const [condition] = before.attention
        assert.strictEqual(condition?.condition, "closed")
        await page
          .getByText(condition?.text.slice(1) ?? "")
          .first()
          .waitFor()
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme })
          for (const width of [390, 1600]) {
            await page.setViewportSize({ width, height: 1000 })
            await page.getByRole("heading", { name: "Lanes" }).waitFor()
            await Browser.assertOpenToAll(page, `${colorScheme}, ${width}`)
            await Browser.assertFits(page, `${colorScheme}, ${width}`)
            if (width === 390 && colorScheme === "dark") await Browser.picture(page, "phone")
          }
        }
        await page.emulateMedia({ colorScheme: "light" })
        await page.setViewportSize({ width: 1280, height: 760 })
        await Browser.picture(page, "page")
      })

      // Pause and resume, by the keyboard alone.
      yield* Effect.promise(async () => {
        await tabTo(page, /^Pause lane ios/)
        await page.keyboard.press("Enter")
        await page.getByText("millrace lanes pause").waitFor()
        await Browser.assertOpenToAll(page, "a dialog")
        await tabTo(page, /^Pause$/)
        await page.keyboard.press("Enter")
        await page.getByText("lane ios of route mparticle is paused").waitFor()
      })
      yield* until(({ lanes }) => lanes.some(({ lane, gate }) => lane === "ios" && gate.reason === "paused"))
      yield* Effect.promise(async () => {
        await tabTo(page, /^Resume lane ios/)
        await page.keyboard.press("Enter")
        await tabTo(page, /^Resume$/)
        await page.keyboard.press("Enter")
        await page.getByText("lane ios of route mparticle goes on").waitFor()
      })
      yield* until(({ lanes }) => lanes.some(({ lane, gate }) => lane === "ios" && gate.open))

      // One dead letter whole, then all of its reason again, now that the remote is mended.
      const refused = before.routes["mparticle"]!.dead["bad-request"]!
      yield* Effect.promise(async () => {
        await page.getByRole("link", { name: "bad-request" }).first().click()
        await page.locator("#dead-letters ~ .letters table tbody a").nth(2).waitFor()
        await page.getByLabel("lane", { exact: true }).selectOption("android")
        await page.getByRole("button", { name: "Find", exact: true }).click()
        const row = page.locator("section[aria-labelledby=dead-letters] .wide tbody a").first()
        await row.click()
        await page.getByRole("region", { name: "As it is sent" }).getByText("source_message_id").waitFor()
        await Browser.assertOpenToAll(page, "a dead letter")
        await page.getByRole("heading", { name: /^Dead letters/ }).scrollIntoViewIfNeeded()
        await page.emulateMedia({ colorScheme: "dark" })
        await page.setViewportSize({ width: 1280, height: 500 })
        await Browser.picture(page, "dead-letter")
        await page.emulateMedia({ colorScheme: "light" })
      })
      emulator.fail([])
      yield* Effect.promise(async () => {
        await page
          .getByRole("button", { name: "Replay the dead letters bad-request of route mparticle" })
          .click()
        await page.getByText(`${refused} events will go through`).waitFor()
        await page.getByRole("button", { name: `Replay ${refused}` }).click()
        await page.getByText(`${refused} events went through their route again`).waitFor()
      })
      const replayed = yield* until(
        ({ routes }) => Object.keys(routes["mparticle"]?.waiting ?? {}).join() === "web"
      )
      assert.isUndefined(replayed.routes["mparticle"]?.dead["bad-request"])
      assert.isAtLeast(replayed.routes["mparticle"]?.delivered["android"] ?? 0, refused)

      // Purge asks to be confirmed by typing.
      const malformed = replayed.routes["mparticle"]!.dead["malformed"]!
      yield* Effect.promise(async () => {
        await page.getByRole("link", { name: "malformed" }).first().click()
        await page.getByRole("button", { name: "Purge what the filter finds…" }).click()
        const purge = page.getByRole("button", { name: `Purge ${malformed}` })
        await page.getByLabel(/to confirm/).fill("purge")
        assert.isTrue(await purge.isDisabled())
        await page.getByLabel(/to confirm/).fill(`purge ${malformed}`)
        await purge.click()
        await page.getByText(`${malformed} dead letters removed for good`).waitFor()
      })
      const purged = yield* until(({ routes }) => routes["mparticle"]?.dead["malformed"] === undefined)
      assert.deepStrictEqual(purged.routes["mparticle"]?.erased, { purged: malformed })

      // The lane is mended, and the page says so by itself.
      emulator.setFeeds(World.feeds)
      yield* Effect.promise(async () => {
        await page.getByText("the ledger of").waitFor({ state: "detached" })
        const shown = await page.getByText("balances").count()
        assert.strictEqual(shown, 1)
        const content = await page.content()
        for (const secret of [token, ...Object.values(World.feeds).map(({ secret }) => secret)])
          assert.notInclude(content, secret)
      })
      assertQuiet()
    })
  )

  it.live("holds up with fifty lanes and very many dead letters", () =>
    Effect.gen(function* () {
      const apps = Array.from({ length: 46 }, (_, index) => ({
        name: `app-${index}`,
        key: `key-of-app-${index}`,
        secret: `secret-of-app-${index}`
      }))
      const world = yield* World.make
      const emulator = yield* Emulator.start({
        feeds: { ...World.feeds, ...Object.fromEntries(apps.map(({ name, ...pair }) => [name, pair])) }
      })
      const port = yield* World.freePort
      const bad = 20_000
      world.put("export/bad.ndjson", '{"no":"event"}\n'.repeat(bad))
      const base = World.configuration(emulator.url)
      const [route] = base.routes
      world.configure({
        ...base,
        admin: { port },
        routes: [
          {
            ...route,
            to: {
              ...route?.to,
              credentials: {
                ...World.credentials,
                apps: apps.map(({ key, name, secret }) => ({
                  appId: name,
                  feed: "ios",
                  key: { file: world.put(`secrets/${key}`, key) },
                  secret: { file: world.put(`secrets/${secret}`, secret) }
                }))
              }
            }
          }
        ]
      })
      const program = yield* world.start(["run", "millrace.yaml", "--follow"])
      const url = `http://127.0.0.1:${port}`
      yield* program.says(`are at ${url}`)
      const status = Effect.promise(() => fetch(`${url}/api/status`).then((answer) => answer.text()))
      let text = yield* status
      const dead = () => Ledger.total(JSON.parse(text), "dead")
      while (dead() < bad) text = yield* Effect.delay(status, "200 millis")
      assert.isBelow(text.length, 50_000)
      assert.lengthOf((JSON.parse(text) as Overview).lanes, 50)
      const { page, assertQuiet } = yield* Browser.open(url)
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.getByText("50 lanes open, with nothing waiting").waitFor()
        await page.getByRole("heading", { name: `Dead letters: 20,000` }).waitFor()
        await page.locator("section[aria-labelledby=dead-letters] .wide tbody a").nth(24).waitFor()
        await page.getByRole("link", { name: "next page" }).click()
        await page.getByRole("link", { name: "26", exact: true }).waitFor()
        await Browser.assertOpenToAll(page, "fifty lanes")
        for (const width of [390, 1600]) {
          await page.setViewportSize({ width, height: 1000 })
          await Browser.assertFits(page, `fifty lanes, ${width}`)
        }
        await page.getByRole("button", { name: "Replay all…" }).click()
        await page.getByText("20,000 events will go through").waitFor()
        const heap = await page.evaluate<number>("performance.memory.usedJSHeapSize")
        assert.isBelow(heap, 100 * 1024 * 1024)
      })
      assertQuiet()
      program.kill("SIGTERM")
      Millrace.assertEnded(yield* program.ended, 4)
    })
  )

  it.live("only shows where the endpoint only reads", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({ feeds: World.feeds })
      const port = yield* World.freePort
      world.put("export/bad.ndjson", '{"no":"event"}\n')
      world.configure({ ...World.configuration(emulator.url), admin: { port, readOnly: true } })
      const program = yield* world.start(["run", "millrace.yaml", "--follow"])
      const url = `http://127.0.0.1:${port}`
      yield* program.says(`are at ${url}`)
      const { page, assertQuiet } = yield* Browser.open(url)
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.getByText("only reads").waitFor()
        await page.getByRole("heading", { name: "Dead letters: 1" }).waitFor()
        assert.strictEqual(await page.getByRole("button", { name: /Pause|Replay|Purge/ }).count(), 0)
        await page.getByText("millrace dead-letters list millrace.yaml").waitFor()
      })
      program.kill("SIGTERM")
      yield* program.ended
      assertQuiet()
      // Whoever looks is told that what stands there is old.
      yield* Effect.promise(() => page.getByText("The exporter gives no answer").waitFor())
    })
  )
})

describe.skipIf(!Browser.hasBrowser)("the page of the emulator", () => {
  it.live("follows what it holds, refused and dropped, by feed and type", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const emulator = yield* Emulator.start({
        feeds: World.feeds,
        failures: [{ kind: "status", status: 400, feed: "web", count: 1 }]
      })
      const { page, assertQuiet } = yield* Browser.open(emulator.url)
      yield* Effect.promise(async () => {
        await page.setViewportSize({ width: 1280, height: 600 })
        await page.goto(emulator.url)
        await page.getByText("holds 0 distinct events").waitFor()
      })
      yield* Effect.sync(() => world.writeExport({ seed: 4, events: 2000 }))
      world.configure(World.configuration(emulator.url))
      Millrace.assertEnded(yield* world.millrace(["run", "millrace.yaml"]), 0)
      const { distinctEvents, types } = emulator.state().totals
      yield* Effect.promise(async () => {
        await page.getByText(`holds ${distinctEvents.toLocaleString("en-US")} distinct events`).waitFor()
        await page.getByRole("heading", { name: `${Object.keys(types).length} types` }).waitFor()
        await page.getByRole("row", { name: /^web .* 400: 1 / }).waitFor()
        await Browser.picture(page, "emulator")
        for (const width of [390, 1600]) {
          await page.setViewportSize({ width, height: 1000 })
          await Browser.assertOpenToAll(page, `${width}`)
          await Browser.assertFits(page, `${width}`)
        }
      })
      assertQuiet()
    })
  )
})
