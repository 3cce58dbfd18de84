/** A real browser: Debian's Chromium, or the one that CHROMIUM names. Where there is none, tests say so and are left out. */
import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import process from "node:process"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { chromium, type Page } from "playwright-core"

const program = process.env["CHROMIUM"] ?? "/usr/bin/chromium"

export const hasBrowser = existsSync(program)

if (!hasBrowser)
  process.stderr.write(
    `left out: tests of the page, since there is no ${program}; apt-get install chromium, or name one in CHROMIUM\n`
  )

const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run"
]

/** A page in a browser of its own, which ends with the scope. What it asks of others, or complains of, fails the test. */
export const open = Effect.fnUntraced(function* (url: string) {
  const browser = yield* Effect.acquireRelease(
    Effect.promise(() => chromium.launch({ executablePath: program, args: quiet })),
    (launched) => Effect.promise(() => launched.close())
  )
  const page = yield* Effect.promise(() => browser.newPage({ viewport: { width: 1600, height: 1000 } }))
  const complaints: Array<string> = []
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) complaints.push(`asked for ${request.url()}`)
  })
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("console", (message) => {
    // That a token is needed, or that a letter is gone, is told by a status.
    if (message.type() === "error" && !/status of 40[14]/.test(message.text()))
      complaints.push(message.text())
  })
  return { page, assertQuiet: () => assert.deepStrictEqual(complaints, []) }
})

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface Violation {
  readonly id: string
  readonly impact: string | null
  readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary?: string }>
}

/** Nothing keeps anybody from using the page as it stands: what axe calls serious or critical. */
export const assertOpenToAll = async (page: Page, what: string): Promise<void> => {
  // Evaluated, as a developer would: the page's own policy lets no other script in.
  await page.evaluate(axe)
  const found = await page.evaluate<ReadonlyArray<Violation>>(
    "axe.run().then(({ violations }) => violations)"
  )
  const serious = found.filter(({ impact }) => impact === "serious" || impact === "critical")
  assert.deepStrictEqual(
    serious.map(({ id, nodes }) => `${what}: ${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`),
    []
  )
}

/** Nothing stands beyond the right edge. */
export const assertFits = async (page: Page, what: string): Promise<void> => {
  const beyond = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth")
  assert.isAtMost(beyond, 0, `${what}: wider than the window by ${beyond} pixels`)
}

const pictures = process.env["MILLRACE_PICTURES"]

/** A picture for the documentation, where MILLRACE_PICTURES names a folder. */
export const picture = async (page: Page, name: string): Promise<void> => {
  if (pictures === undefined) return
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, `${name}.png`) })
}
