/**
 * Very many dead letters, in a real exporter and in the page of a real browser: found, counted, looked at, replayed and removed. With
 * `MILLRACE_LETTERS=1000000` there are as many, and the figures are printed; with `MILLRACE_OUTBOX=postgres` they lie in PostgreSQL.
 */
import { readFileSync } from "node:fs"
import process from "node:process"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { type DeadLetterCount, Outbox } from "@millrace/core/Outbox"
import { Emulator } from "@millrace/mparticle-emulator"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import * as Effect from "effect/Effect"
import type { Page } from "playwright-core"
import * as Place from "../../../packages/outbox-postgres/test/support/place.ts"
import * as Server from "../../../packages/outbox-postgres/test/support/server.ts"
import * as Browser from "./support/browser.ts"
import * as ManyLetters from "./support/manyLetters.ts"
import * as Millrace from "./support/millrace.ts"
import * as World from "./support/world.ts"

const isMeasured = process.env["MILLRACE_LETTERS"] !== undefined
const isInPostgres = process.env["MILLRACE_OUTBOX"] === "postgres"
const letters = Number(process.env["MILLRACE_LETTERS"] ?? 20_000)

/** Bytes of an answer, and of the page in the memory of its browser, at most. */
const longestAnswer = 50_000
const mostMemory = 100 * 1024 * 1024

const figure = (name: string, value: string): void => {
  if (isMeasured) process.stderr.write(`${name.padEnd(60)} ${value}\n`)
}
const milliseconds = (since: number) => `${(performance.now() - since).toFixed(0)} ms`
const spelled = (value: number) => value.toLocaleString("en-US")

/** How many letters were read by a run so far. */
const readOf = Effect.fnUntraced(function* (outbox: Outbox["Service"]) {
  let unread = 0
  for (let after: number | undefined = 0; after !== undefined; ) {
    const found: DeadLetterCount = yield* outbox.countDeadLetters({ unread: true }, after)
    unread += found.letters
    after = found.after
  }
  return letters - unread
})

/** Where the letters lie: the outbox of a configuration, the same to be filled, and how many of its letters were read so far. */
const sqlite = Effect.fnUntraced(function* (directory: string) {
  let database: DatabaseSync | undefined
  yield* Effect.addFinalizer(() => Effect.sync(() => database?.close()))
  return {
    outbox: { use: "@millrace/outbox-sqlite", settings: { path: directory } },
    environment: {},
    layer: OutboxSqlite.layerInThread({ directory }),
    read: Effect.sync(() => {
      // Beside the exporter, whose outbox it is: nobody else may open that.
      database ??= new DatabaseSync(`${directory}/outbox.db`, { readOnly: true })
      return Number(database.prepare("select max(id) as id from letter_key").get()?.["id"] ?? 0)
    })
  }
})

const postgres = Effect.gen(function* () {
  const server = yield* Server.start()
  const layer = Place.outboxOf(server)
  const look = yield* Effect.cached(Place.opened(server))
  return {
    outbox: { use: "@millrace/outbox-postgres", credentials: { url: { env: "DATABASE_URL" } } },
    environment: { DATABASE_URL: server.url() },
    layer,
    read: Effect.orDie(Effect.flatMap(look, readOf))
  }
})

/** How long the exporter takes for its quickest answer while something else is asked: the longest of many. */
const whileAsked = async <A>(url: string, ask: () => Promise<A>) => {
  let isOver = false
  let longest = 0
  const look = async () => {
    while (!isOver) {
      const start = performance.now()
      await (await fetch(`${url}/healthz`)).text()
      longest = Math.max(longest, performance.now() - start)
      // Sleeps, since who looks all the time leaves less to what is looked at.
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const looking = look()
  const answer = await ask()
  isOver = true
  await looking
  return { answer, longest }
}

/** What is looked at in an answer. */
interface Answer {
  readonly letters: ReadonlyArray<{ readonly id: number }>
  readonly total: number
}

/** What a process has taken of the processors since it started, in milliseconds; the system counts hundredths of a second. */
const processorTime = (pid: number): number => {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ").slice(11, 13)
  return (Number(user) + Number(system)) * 10
}

const asker = (url: string, pid: number) => {
  const ask = async (name: string, path: string, body?: object): Promise<Answer> => {
    const start = performance.now()
    const before = processorTime(pid)
    const { answer, longest } = await whileAsked(url, async () => {
      const response = await fetch(
        `${url}/api/${path}`,
        body === undefined
          ? {}
          : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
      )
      const text = await response.text()
      assert.strictEqual(response.status, 200, text)
      return text
    })
    assert.isBelow(answer.length, longestAnswer, name)
    figure(
      name,
      `${milliseconds(start)}, processor ${processorTime(pid) - before} ms, ${answer.length} bytes, others waited ${longest.toFixed(0)} ms`
    )
    return JSON.parse(answer)
  }
  return ask
}

/** Resident bytes of the largest renderer: that of the page. */
const rendererBytes = async (page: Page): Promise<number> => {
  const session = await page.context().browser()!.newBrowserCDPSession()
  const { processInfo } = await session.send("SystemInfo.getProcessInfo")
  await session.detach()
  const sizes = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => Number(/^RssAnon:\s*(\d+)/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0))
  return Math.max(...sizes) * 1024
}

describe("very many dead letters", () => {
  it.live(
    "are found, counted, looked at, replayed and removed, within the bounds of an answer and of a page",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make
        const emulator = yield* Emulator.start({ feeds: World.feeds })
        const port = yield* World.freePort
        world.put("export/.keep", "")
        const { environment, layer, outbox, read } = yield* isInPostgres
          ? postgres
          : sqlite(world.path("state"))
        world.configure({ ...World.configuration(emulator.url), outbox, admin: { port } })
        let start = performance.now()
        const filled = yield* Effect.flatMap(Outbox, (outbox) => ManyLetters.fill(outbox, letters)).pipe(
          Effect.scoped,
          Effect.provide(layer)
        )
        figure(`${spelled(letters)} letters are stored`, milliseconds(start))

        start = performance.now()
        const program = yield* world.start(["run", "millrace.yaml", "--follow"], { environment })
        const url = `http://127.0.0.1:${port}`
        yield* program.says(`are at ${url}`)
        figure("the exporter starts", milliseconds(start))
        const ask = asker(url, program.pid)
        const lane = ManyLetters.lanes[0]
        const first = yield* Effect.promise(() => ask("first page, none read", "dead-letters"))
        assert.lengthOf(first.letters, 50)

        // As soon as it runs it reads them, the oldest first.
        while ((yield* read) < letters) yield* Effect.sleep("1 second")
        figure("all letters are read, beside the run", milliseconds(start))

        const [reason] = ManyLetters.reasons
        const [type] = ManyLetters.types
        const { user, event } = filled
        yield* Effect.promise(async () => {
          await ask("status", "status")
          await ask("first page", "dead-letters?limit=100")
          const late = await ask("a page in the middle", `dead-letters?after=${letters / 2}`)
          assert.strictEqual(late.letters[0]?.id, letters / 2 + 1)
          const filters: ReadonlyArray<readonly [string, Record<string, string>, number]> = [
            ["reason", { reason }, Math.ceil(letters / 3)],
            ["lane", { lane }, Math.ceil(letters / 4)],
            ["type", { type }, Math.ceil(letters / 5)],
            ["type with a wildcard", { type: "users.messages.*" }, (letters / 5) * 4],
            ["user", { user }, filled.letters.ofUser],
            ["event", { event }, 1],
            ["a user that is not there", { user: "nobody" }, 0],
            ["lane, reason and type", { lane, reason: "expired", type }, Math.floor(letters / 60)],
            ["time", { from: "1970-01-01T00:00:00Z", to: "1970-01-02T00:00:00Z" }, letters]
          ]
          for (const [name, filter, count] of filters) {
            const page = await ask(`list by ${name}`, `dead-letters?${new URLSearchParams(filter)}&limit=25`)
            assert.lengthOf(page.letters, Math.min(25, count), name)
            const { total } = await ask(`count by ${name}`, "dead-letters/count", filter)
            assert.strictEqual(total, count, name)
          }
          await ask("one letter whole", `dead-letters/${letters / 2}`)
        })
        start = performance.now()
        const listed = yield* world.millrace(
          ["dead-letters", "list", "millrace.yaml", "--user", user, "--json"],
          { environment }
        )
        assert.strictEqual(JSON.parse(listed.stdout).total, filled.letters.ofUser)
        figure("millrace dead-letters list --user, the command's start with it", milliseconds(start))

        if (Browser.hasBrowser) {
          const { page, assertQuiet } = yield* Browser.open(url)
          yield* Effect.promise(async () => {
            await page.goto("about:blank")
            const empty = await rendererBytes(page)
            const rows = page.locator("section[aria-labelledby=dead-letters] .wide tbody tr")
            start = performance.now()
            await page.goto(url)
            await page.getByRole("heading", { name: `Dead letters: ${spelled(letters)}` }).waitFor()
            await rows.nth(24).waitFor()
            figure("the page is opened, with its list", milliseconds(start))
            for (let turn = 0; turn < 5; turn++) {
              const before = await rows.first().locator("th").textContent()
              await page.getByRole("link", { name: "next page" }).click()
              await page.getByRole("link", { name: String(Number(before) + 25), exact: true }).waitFor()
            }
            const choose = async (part: string, value: string) => {
              const field = page.getByLabel(part, { exact: true })
              await (part === "lane" || part === "reason" ? field.selectOption(value) : field.fill(value))
            }
            await choose("lane", lane)
            await choose("reason", reason)
            await choose("type", "users.messages.*")
            start = performance.now()
            await page.getByRole("button", { name: "Find", exact: true }).click()
            await page.getByText(`--lane ${lane} --reason ${reason}`).first().waitFor()
            await rows.nth(24).waitFor()
            figure("the page lists by lane, reason and type", milliseconds(start))
            await page.getByRole("link", { name: "no filter" }).click()
            await choose("user", user)
            start = performance.now()
            await page.getByRole("button", { name: "Find", exact: true }).click()
            await page.getByText(`--user ${user}`).first().waitFor()
            const shown = Math.min(25, filled.letters.ofUser)
            await rows.nth(shown).waitFor({ state: "detached" })
            await rows.nth(shown - 1).waitFor()
            figure("the page lists by user", milliseconds(start))
            await rows.first().getByRole("link").click()
            await page.getByRole("region", { name: "As it is sent" }).getByText("source_message_id").waitFor()
            await page.getByRole("button", { name: "Replay what the filter finds…" }).click()
            await page.getByText(`${filled.letters.ofUser} events will go through`).waitFor()
            await page.getByRole("button", { name: `Replay ${filled.letters.ofUser}`, exact: true }).click()
            await page.getByText(`${filled.letters.ofUser} events went through their route again`).waitFor()
            await page
              .getByRole("heading", { name: `Dead letters: ${spelled(letters - filled.letters.ofUser)}` })
              .waitFor()
            await page.getByRole("link", { name: "no filter" }).click()
            await choose("lane", lane)
            await choose("reason", "expired")
            await choose("type", type)
            await page.getByRole("button", { name: "Find", exact: true }).click()
            await page.getByText(`--lane ${lane} --reason expired --type ${type}`).first().waitFor()
            await rows.nth(24).waitFor()
            await page.getByRole("button", { name: "Purge what the filter finds…" }).click()
            const confirmed = await page.locator("dialog kbd").textContent()
            await page.getByLabel(/to confirm/).fill(confirmed!)
            start = performance.now()
            await page.getByRole("button", { name: /^Purge \d/i }).click()
            await page.getByText(/dead letters removed for good/).waitFor({ timeout: 600_000 })
            figure(`the page purges: ${confirmed}`, milliseconds(start))
            await Browser.assertOpenToAll(page, "very many dead letters")
            const session = await page.context().newCDPSession(page)
            await session.send("Performance.enable")
            await session.send("HeapProfiler.collectGarbage")
            const { metrics } = await session.send("Performance.getMetrics")
            const heap = metrics.find(({ name }) => name === "JSHeapUsedSize")!.value
            const resident = (await rendererBytes(page)) - empty
            figure("heap of the page", `${(heap / 1e6).toFixed(1)} MB`)
            figure(
              "resident memory of the page, beyond that of an empty one",
              `${(resident / 1e6).toFixed(1)} MB`
            )
            assert.isBelow(heap, mostMemory)
            assert.isBelow(resident, mostMemory)
            await Browser.assertOpenToAll(page, "very many dead letters")
          })
          assertQuiet()
        }
        program.kill("SIGTERM")
        const ended = yield* program.ended
        figure("most resident memory of the exporter", `${(ended.peak / 1e6).toFixed(0)} MB`)
        Millrace.assertEnded(ended, 0)
      }),
    // Of a million, an hour on a busy machine.
    isMeasured ? 3_600_000 : undefined
  )
})
