/** What the demonstration stands on: a folder with a sample export, a configuration and secrets. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"
import * as Event from "../../packages/core/src/Event.ts"
import * as Sample from "../../packages/events-braze/src/Sample.ts"
import * as SampleExport from "../../packages/events-braze/src/SampleExport.ts"
import { number } from "../../packages/operations/src/Text.ts"
import { putFile } from "../putFile.ts"

export const root = dirname(dirname(import.meta.dirname))
const folder = join(root, ".millrace-demo")
export const path = (...parts: ReadonlyArray<string>) => join(folder, ...parts)
export const seed = 20_261
export const planted = { blocks: 3, tails: 1, lines: 7 }

export const feeds = Object.fromEntries(
  ["ios", "android", "web", "unbound"].map((feed) => [
    feed,
    { key: `demo-${feed}-key`, secret: `demo-${feed}-secret` }
  ])
)

export const say = (text: string) => console.log(text)
export const fail = (text: string): never => {
  console.error(`millrace: ${text}`)
  process.exit(1)
}

/** Writes the export aside and moves it into place, so that a killed run leaves no half of one. */
export const prepareExport = (): void => {
  if (existsSync(path("export"))) {
    say("Sample export: .millrace-demo/export is there already; going on with it")
    return
  }
  const aside = path("export.new")
  rmSync(aside, { recursive: true, force: true })
  const summary = SampleExport.write({ folder: aside, seed, events: 40_000, damage: planted }, putFile)
  renameSync(aside, path("export"))
  say(
    `Sample export: ${number(summary.events)} events of ${summary.byType.size} types in ${number(summary.files)} files below .millrace-demo/export,` +
      ` with ${summary.damaged.blocks} damaged blocks and ${summary.damaged.lines} bad lines planted, and ${planted.tails} file that ends too early`
  )
}

/** The sample's iOS app: its events have a feed of their own, those of the tvOS app have none. */
const iosApp = (): string => {
  const sample = Sample.make({ seed, users: 4_000 })
  for (let index = 0; ; index++) {
    const event = sample.event("users.messages.pushnotification.Send", index, 1_780_000_000_000)
    const app = Event.get(event, "app_id")
    if (Event.get(event, "platform") === "ios" && typeof app === "string") return app
  }
}

const configuration = (url: string, more: string) => `# Written by \`npm start\`.
name: demo
source:
  use: "@millrace/source-files"
  settings: { path: ./export, format: braze-currents }
outbox:
  use: "@millrace/outbox-sqlite"
  settings: { path: ./state }
routes:
  - name: mparticle
    to:
      use: "@millrace/destination-mparticle"
      settings: { baseUrl: "${url}", environment: development }
      credentials:
        android: { key: { file: ./secrets/android.key }, secret: { file: ./secrets/android.secret } }
        web: { key: { file: ./secrets/web.key }, secret: { file: ./secrets/web.secret } }
        unbound: { key: { file: ./secrets/unbound.key }, secret: { file: ./secrets/unbound.secret } }
        # One app's own pair. The sample's tvOS app has none: its events are skipped and counted.
        apps:
          - appId: "${iosApp()}"
            feed: ios
            key: { file: ./secrets/ios.key }
            secret: { file: ./secrets/ios.secret }
${more}`

/** Nothing of a former demonstration. */
export const clear = (): void => rmSync(folder, { recursive: true, force: true })

export const prepareFolder = (): void => void mkdirSync(folder, { recursive: true, mode: 0o700 })

/** Writes the secrets, and the configuration that sends to this address. */
export const configure = (url: string, more = ""): void => {
  for (const [feed, pair] of Object.entries(feeds)) {
    putFile(path("secrets", `${feed}.key`), `${pair.key}\n`)
    putFile(path("secrets", `${feed}.secret`), `${pair.secret}\n`)
  }
  putFile(path("millrace.yaml"), configuration(url, more))
}
