/** What `run` refuses at its start, `check` refuses in the same words, and neither leaves a trace. */
import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assertEnded, saidBy } from "./support/millrace.ts"
import * as World from "./support/world.ts"

const url = "http://127.0.0.1:9"
const files = { use: "@millrace/destination-files", settings: { path: "./out" } }
const configured = World.configuration(url)
const [mparticle] = configured.routes

type Part = Readonly<Record<string, unknown>>

/** Laid over a configuration that is good. */
const route = (change: Part): Part => ({ routes: [{ name: "r", to: files, ...change }] })
const policy = (change: Part): Part => route({ policy: change })
const credentials = (change: Part): Part => ({
  routes: [{ ...mparticle, to: { ...mparticle?.to, credentials: { ...World.credentials, ...change } } }]
})
const outbox = (settings: Part): Part => ({ outbox: { ...configured.outbox, settings } })
const source = (settings: Part): Part => ({
  source: { ...configured.source, settings: { ...configured.source.settings, ...settings } }
})
const sources = (...names: ReadonlyArray<string>): Part => ({
  source: undefined,
  sources: names.map((name) => ({ name, ...configured.source }))
})
const hook = (name: string): Part => ({ alerts: { webhook: { url: { env: name } } } })
const receiver = (settings: Part, more: Part = {}): Part => ({
  source: {
    use: "@millrace/source-currents-http",
    settings: { port: 0, ...settings },
    credentials: { token: { env: "TOKEN" }, ...more }
  }
})
const unset = (name: string) => `the environment variable ${name} is not set`

interface Wrong {
  readonly what: string
  readonly change: Part
  /** What else the environment holds. */
  readonly variables?: Readonly<Record<string, string>>
  /** What its lines say, one text for each. */
  readonly says: ReadonlyArray<string>
  /** How both end, if not with 2. */
  readonly code?: number
}

const wrong: ReadonlyArray<Wrong> = [
  {
    what: "a source's folder that is not there",
    change: source({ path: "./nowhere" }),
    says: ["nowhere: is not there"]
  },
  {
    what: "a source's folder without a file to read",
    change: source({ path: "./texts" }),
    says: ["texts: has no .avro, .ndjson, .jsonl, .json or .parquet file"]
  },
  {
    what: "a source's path that is empty",
    change: source({ path: "" }),
    says: ["source.settings.path: Expected"]
  },
  {
    what: "an outbox where a source reads",
    change: outbox({ path: "./export/state" }),
    says: ["outbox.settings.path: lies in"]
  },
  {
    what: "a destination that writes where a source reads",
    change: route({ to: { ...files, settings: { path: "./export" } } }),
    says: ["routes[0].to.settings.path: lies in"]
  },
  {
    what: "an outbox whose path is a file",
    change: outbox({ path: "./texts/readme.txt" }),
    says: ["readme.txt is a file, or lies below one"],
    code: 1
  },
  {
    what: "an outbox below a file",
    change: outbox({ path: "./texts/readme.txt/state" }),
    says: ["is a file, or lies below one"],
    code: 1
  },
  {
    what: "an outbox that is another file",
    change: outbox({ path: "./other" }),
    says: ["other is damaged (file is not a database)"],
    code: 1
  },
  {
    what: "an outbox of no size",
    change: outbox({ path: "./state", size: "0 B" }),
    says: ["outbox.settings.size: expected a size of 1 MB or more"]
  },
  {
    what: "two routes of one name",
    change: {
      routes: [
        { name: "r", to: files },
        { name: "r", to: files }
      ]
    },
    says: ["two routes are named r"]
  },
  { what: "two sources of one name", change: sources("a", "a"), says: ["two sources are named a"] },
  {
    what: "a source that no route reads",
    change: { ...sources("a", "b"), ...route({ from: ["a"] }) },
    says: ["no route reads from source b"]
  },
  {
    what: "a source that is not there",
    change: route({ from: ["other"] }),
    says: ["route r reads from other", "no route reads from source default"]
  },
  {
    what: "no source",
    change: route({ from: [] }),
    says: ["routes[0].from: name at least one source"]
  },
  {
    what: "a type that does not exist",
    change: route({ when: { types: ["users.canvas.Entri"] } }),
    says: ["did you mean users.canvas.Entry"]
  },
  {
    what: "an exception that does not exist",
    change: route({ when: { except: ["users.canvas.Entri"] } }),
    says: ["did you mean users.canvas.Entry"]
  },
  {
    what: "no type",
    change: route({ when: { types: [] } }),
    says: ["routes[0].when.types: name at least one event type"]
  },
  {
    what: "a retention that no event outlives",
    change: { retention: "0 days" },
    says: ["retention: expected a duration that is longer than nothing"]
  },
  {
    what: "the same of one route",
    change: route({ retention: "0 seconds" }),
    says: ["routes[0].retention: expected a duration that is longer than nothing"]
  },
  {
    what: "a duration in words of its own",
    change: { retention: "a fortnight" },
    says: ['retention: expected a duration: a number and its unit, such as "90 seconds"']
  },
  {
    what: "attempts without a pause",
    change: policy({ firstBackoff: "0 millis" }),
    says: ["routes[0].policy.firstBackoff: expected a duration that is longer than nothing"]
  },
  {
    what: "a remote that is asked without a pause",
    change: policy({ probeEvery: "0 millis" }),
    says: ["routes[0].policy.probeEvery: expected a duration that is longer than nothing"]
  },
  {
    what: "a share of nothing",
    change: route({ share: { size: "0 B" } }),
    says: ["routes[0].share.size: expected a size that is larger than nothing"]
  },
  {
    what: "a share in words of its own",
    change: route({ share: { size: "half" } }),
    says: ['routes[0].share.size: expected a size: a number and its unit, such as "500 MB"']
  },
  {
    what: "one key with two secrets",
    change: credentials({
      android: { key: { env: "MP_IOS_KEY" }, secret: { env: "MP_WEB_SECRET" } }
    }),
    says: ["credentials.ios and credentials.android have the same key and different secrets"]
  },
  {
    what: "variables that are not set, all of them at once",
    change: {
      ...credentials({
        ios: { key: { env: "NOT_SET_KEY" }, secret: { env: "NOT_SET_SECRET" } },
        web: { key: { env: "MP_WEB_KEY" }, secret: { file: "./not-there" } }
      }),
      ...hook("NOT_SET_HOOK")
    },
    says: [
      `credentials.ios.key: ${unset("NOT_SET_KEY")}`,
      `credentials.ios.secret: ${unset("NOT_SET_SECRET")}`,
      "credentials.web.secret: the file",
      `alerts.webhook.url: ${unset("NOT_SET_HOOK")}`
    ]
  },
  {
    what: "an alert's address of another kind",
    change: hook("RUBBISH"),
    says: ["alerts.webhook.url: what it refers to is no address"]
  },
  {
    what: "alerts by e-mail to nobody",
    change: {
      contact: "the night shift",
      alerts: { email: { server: { env: "SMTP" }, from: "a@example.com" } }
    },
    says: ["alerts.email: say who is to read alerts"]
  },
  {
    what: "a reminder without a pause",
    change: { alerts: { ...(hook("HOOK")["alerts"] as Part), remindEvery: "0 days" } },
    says: ["alerts.remindEvery: expected a duration that is longer than nothing"]
  },
  {
    what: "a certificate that is none",
    change: receiver({}, { tls: { certificate: { env: "RUBBISH" }, key: { env: "RUBBISH" } } }),
    says: ["credentials.tls: certificate and key cannot be used"]
  },
  {
    what: "an address that this machine does not have",
    change: receiver({ host: "192.0.2.1" }),
    says: ["cannot listen on 192.0.2.1, port 0 (EADDRNOTAVAIL)"]
  },
  {
    what: "a receiver's token that is not set",
    change: {
      ...receiver({}),
      source: { ...(receiver({})["source"] as Part), credentials: { token: { env: "NOT_SET" } } }
    },
    says: [`source.credentials.token: ${unset("NOT_SET")}`]
  },
  {
    what: "proxies that are none",
    change: {},
    variables: {
      HTTPS_PROXY: "socks5://user:rubbish@proxy.example",
      http_proxy: "rubbish",
      NO_PROXY: "10.0.0.0/99"
    },
    says: [
      "HTTPS_PROXY names a proxy that speaks socks5",
      "http_proxy has neither scheme nor port; write it as http://proxy.example:3128",
      "NO_PROXY holds 10.0.0.0/99, which is neither a host nor a range"
    ]
  },
  {
    what: "a plugin that is not there",
    change: route({ to: { use: "./nowhere.ts" } }),
    says: ["routes[0].to.use: there is no file"]
  }
]

describe.concurrent("a configuration that is no good", () => {
  it.live.each(wrong)(
    "is refused by check and run in the same words: $what",
    ({ change, variables, says, code = 2 }) =>
      Effect.gen(function* () {
        const world = yield* World.make
        world.writeExport({ seed: 8, events: 10 })
        world.put("texts/readme.txt", "nothing to read\n")
        world.put("other/outbox.db", "no database ".repeat(500))
        const file = world.configure({ ...configured, ...change })
        const environment = { RUBBISH: "rubbish", TOKEN: "a-token", HOOK: url, ...variables }
        const checked = yield* world.millrace(["check", file], { environment })
        const ran = yield* world.millrace(["run", file], { environment })
        for (const ended of [checked, ran]) {
          assertEnded(ended, code)
          const lines = saidBy(ended).trim().split("\n")
          assert.strictEqual(lines.length, says.length, saidBy(ended))
          for (const [index, text] of says.entries()) {
            assert.match(lines[index] ?? "", /^millrace: /)
            assert.include(lines[index], text)
          }
          assert.notInclude(saidBy(ended), "rubbish")
        }
        assert.strictEqual(saidBy(checked), saidBy(ran))
        assert.isFalse(existsSync(world.path("state")))
      })
  )
})

describe("a source that may still be empty", () => {
  it.live("is no fault of a run that follows, and of the check for such a run", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      world.put("texts/readme.txt", "nothing to read\n")
      const file = world.configure({ ...configured, ...source({ path: "./texts" }), ...route({}) })
      assertEnded(yield* world.millrace(["check", file]), 2)
      assertEnded(yield* world.millrace(["check", file, "--follow"]), 0)
      const program = yield* world.start(["run", file, "--follow"])
      yield* program.says("texts: has no .avro")
      program.kill("SIGTERM")
      assertEnded(yield* program.ended, 0)
    })
  )
})
