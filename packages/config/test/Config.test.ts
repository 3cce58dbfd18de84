import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { afterAll, assert, describe, expect, it } from "@effect/vitest"
import { Config, ConfigFile } from "@millrace/config"
import type { Intake } from "@millrace/core"
import * as Arbitrary from "effect/Arbitrary"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const support = join(import.meta.dirname, "support")
const folder = mkdtempSync(join(support, "files-"))
afterAll(() => rmSync(folder, { recursive: true }))

const environment = { PRINTER_KEY: "key-in-the-environment" }
const surroundings: Config.Surroundings = {
  importer: (name) => import(/* @vite-ignore */ name),
  environment
}

const write = (name: string, text: string | Uint8Array) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const load = (text: string, name = "millrace.yaml") => Config.load(write(name, text), surroundings)
const complaint = (text: string, name?: string) =>
  Effect.map(Effect.flip(load(text, name)), (error) => error.message.replace(folder, "."))

const good = `name: test
source:
  use: ../plugins.ts
  settings: { count: 3 }
outbox: { use: ../plugins.ts }
routes:
  - name: print
    when: { types: ["*"] }
    to:
      use: ../plugins.ts
      settings: { colour: red }
      credentials:
        main: { key: { env: PRINTER_KEY }, secret: { file: ./secret } }
`
write("secret", "secret-in-a-file\n")

describe("a configuration", () => {
  it.effect("becomes sources, routes and an outbox", () =>
    Effect.gen(function* () {
      const { definition, name, store } = yield* load(good)
      expect(name).toBe("test")
      expect(Object.keys(definition.sources)).toEqual(["default"])
      expect(definition.routes.map((route) => [route.name, route.when])).toEqual([["print", ["*"]]])
      expect(store.plugin).toBe("memory")
      expect((yield* definition.routes[0]!.destination.open).lanes).toEqual([{ name: "main" }])
    })
  )

  it.effect("says what holds for all routes and sources", () =>
    Effect.gen(function* () {
      const { definition } = yield* load(
        `${good}retention: 2 days\ndedupe: 1 day\ncheckpointRetention: 30 days\n`
      )
      for (const [key, days] of [
        ["retention", 2],
        ["dedupe", 1],
        ["checkpointRetention", 30]
      ] as const) {
        expect(Duration.toDays(definition[key]!)).toBe(days)
      }
      expect(yield* complaint(`${good}checkpointRetention: 0 days\n`)).toContain(
        "checkpointRetention: expected"
      )
    })
  )

  it.effect("is the same in JSON and TypeScript", () =>
    Effect.gen(function* () {
      const value = {
        name: "test",
        sources: [{ name: "a", use: "../plugins.ts", settings: { count: 1 } }],
        outbox: { use: "../plugins.ts" },
        routes: [{ name: "print", from: ["a"], to: { use: "../plugins.ts", settings: { colour: "red" } } }]
      }
      const json = yield* load(JSON.stringify(value), "millrace.json")
      const typescript = yield* load(
        `const colour: string = "red"\nexport default ${JSON.stringify(value)}`,
        "millrace.ts"
      )
      expect(json.definition.routes[0]?.from).toEqual(["a"])
      expect(Object.keys(typescript.definition.sources)).toEqual(["a"])
    })
  )

  it.effect("shows no secret, however it is printed", () =>
    Effect.gen(function* () {
      const loaded = yield* load(good)
      const opened = yield* loaded.definition.routes[0]!.destination.open
      const printed = [loaded, opened]
        .map((value) => inspect(value, { depth: 10 }) + JSON.stringify(value))
        .join()
      assert.notInclude(printed, "secret-in-a-file")
      assert.notInclude(printed, "key-in-the-environment")
    })
  )

  const faults: ReadonlyArray<readonly [string, (text: string) => string, string]> = [
    [
      "an unknown key",
      (text) => text.replace("source:", "sauce:"),
      './millrace.yaml:2: sauce: unknown key; did you mean "source"?'
    ],
    [
      "an unknown setting",
      (text) => text.replace("colour:", "color:"),
      './millrace.yaml:11: routes[0].to.settings.color: unknown key; did you mean "colour"?'
    ],
    [
      "a credential among the settings",
      (text) => text.replace("{ colour: red }", "{ colour: red, main: plain-text }"),
      "./millrace.yaml:11: routes[0].to.settings.main: is a credential; put it below credentials"
    ],
    [
      "a wrong setting",
      (text) => text.replace("red", "green"),
      `./millrace.yaml:11: routes[0].to.settings.colour: Expected "red" | "blue"`
    ],
    [
      "a missing setting",
      (text) => text.replace("count: 3", ""),
      "./millrace.yaml:4: source.settings.count: is missing"
    ],
    ["a missing part", (text) => text.replace("name: test\n", ""), "./millrace.yaml: name: is missing"],
    [
      "both source and sources",
      (text) => `${text}sources: []\n`,
      "give either `source` or `sources`, not both"
    ],
    [
      "no source at all",
      (text) => text.replace(/source:[\s\S]*outbox/, "outbox"),
      "source: is missing; say where events come from"
    ],
    ["broken YAML", (text) => text.replace("{ count: 3 }", "{ count: 3"), "is not valid YAML or JSON"],
    [
      "a plugin that is not there",
      (text) => text.replace("../plugins.ts", '"@millrace/source-nowhere"'),
      "is not installed; run: npm install @millrace/source-nowhere"
    ],
    [
      "a package that is no plugin",
      (text) => text.replace("../plugins.ts", "yaml"),
      "yaml: exports no plugin made by @millrace/core"
    ]
  ]
  it.effect.each(faults)("names %s and what to do", ([, change, expected]) =>
    Effect.gen(function* () {
      expect(yield* complaint(change(good))).toContain(expected)
    })
  )

  const secrets: ReadonlyArray<readonly [string, (text: string) => string, string]> = [
    [
      "a secret in plain text",
      (text) => text.replace("{ file: ./secret }", "hunter2"),
      "credentials.main.secret: a secret stands here in plain text"
    ],
    [
      "a variable that is not set",
      (text) => text.replace("PRINTER_KEY", "NOT_THERE"),
      "credentials.main.key: the environment variable NOT_THERE is not set"
    ],
    [
      "a secret file that is not there",
      (text) => text.replace("./secret", "./nowhere"),
      "/nowhere could not be read (ENOENT)"
    ],
    [
      "credentials that are missing",
      (text) => text.replace(/ {8}main:.*\n/, "").replace("credentials:", "credentials: {}"),
      "name at least one pair"
    ],
    [
      "a setting among the credentials",
      (text) => text.replace("main:", "colour: red\n        main:"),
      "colour: is a setting; put it below settings"
    ],
    [
      "an unknown credential",
      (text) => text.replace("main:", "mian:"),
      'mian: unknown key; did you mean "main"?'
    ]
  ]
  it.effect.each(secrets)("names %s when the destination is opened", ([, change, expected]) =>
    Effect.gen(function* () {
      const { definition } = yield* load(change(good))
      const error = yield* Effect.flip(definition.routes[0]!.destination.open)
      expect(error.message).toContain(expected)
      expect(error.message).toMatch(/millrace\.yaml:\d+: routes\[0\]\.to/)
      expect(error.message).not.toContain("hunter2")
    })
  )

  it.effect("shows nothing that was pasted where the name of a secret belongs", () =>
    Effect.gen(function* () {
      for (const pasted of [
        "5f3a9c81d07e4b62",
        "hunter-9d3e",
        "c2VjcmV0/cGFzdGVk",
        "AKIA9QZ7RT41XWVU2M3N",
        "/var/9d3e5f"
      ]) {
        const places = [
          good.replace("{ env: PRINTER_KEY }", `{ env: ${pasted} }`),
          good.replace("{ file: ./secret }", `{ file: ${pasted} }`),
          good.replace("main: {", `${pasted}: {`),
          good.replace("main: { key: { env: PRINTER_KEY },", `main: { ${pasted}: { env: PRINTER_KEY },`)
        ]
        for (const text of places) {
          const { definition } = yield* load(text)
          const { message } = yield* Effect.flip(definition.routes[0]!.destination.open)
          expect(message).not.toContain(pasted)
          expect(message).toMatch(/millrace\.yaml:1\d: /)
        }
        expect(yield* complaint(`${good}${pasted}: 1\n`)).not.toContain(pasted)
      }
    })
  )

  it.effect("refuses a value without end, made of aliases of aliases", () =>
    Effect.gen(function* () {
      const level = (index: number) =>
        `l${index}: &l${index} [${Array.from({ length: 9 }, () => (index === 0 ? "x" : `*l${index - 1}`)).join(", ")}]\n`
      const bomb = Array.from({ length: 12 }, (_, index) => level(index)).join("")
      expect(yield* complaint(`${good}${bomb}`)).toBe(
        "./millrace.yaml: holds more aliases than a configuration needs; write the values out"
      )
    })
  )

  const ways: ReadonlyArray<readonly [string, string, string | undefined]> = [
    ["webhook: { url: { env: WAY } }", "https://hooks.example.com/x", undefined],
    [
      "webhook: { url: { env: WAY } }",
      "hooks.example.com/x",
      "alerts.webhook.url: what it refers to is no address"
    ],
    [
      "webhook: { url: { env: WAY } }",
      "ftp://hooks.example.com",
      "alerts.webhook.url: what it refers to is no address"
    ],
    [
      "webhook: { url: { env: NOWHERE } }",
      "",
      "alerts.webhook.url: the environment variable NOWHERE is not set"
    ],
    [
      "email: { server: { env: WAY }, from: a@b.example, to: c@b.example }",
      "smtps://u:p@mail.example",
      undefined
    ],
    [
      "email: { server: { env: WAY }, from: a@b.example, to: c@b.example }",
      "mail.example:25",
      "alerts.email.server: what it refers to is no address"
    ]
  ]
  it.effect.each(ways)(
    "knows before anything happens where alerts can go: %s at %s",
    ([given, WAY, expected]) =>
      Effect.gen(function* () {
        const file = write("alerts.yaml", `${good}alerts:\n  ${given}\n`)
        const { alerts } = yield* Config.load(file, { ...surroundings, environment: { ...environment, WAY } })
        const [way] = alerts!.ways
        const outcome = yield* Effect.result(way!.address)
        if (expected === undefined) return expect(outcome._tag).toBe("Success")
        const { message } = yield* Effect.flip(way!.address)
        expect(message).toContain(expected)
        expect(message).toMatch(/alerts\.yaml:15: /)
        if (WAY !== "") expect(message).not.toContain(WAY)
      })
  )

  it.effect("asks for addresses that mail can go to", () =>
    Effect.gen(function* () {
      const withFrom = (from: string) =>
        `${good}alerts:\n  email: { server: { env: WAY }, from: ${JSON.stringify(from)}, to: c@b.example }\n`
      for (const from of ["nobody", "a@", "@b", "a b@", "Ops <ops>"]) {
        expect(yield* complaint(withFrom(from))).toContain("alerts.email.from: expected an e-mail address")
      }
      for (const from of ["ops@example.com", "Ops Team <ops@example.com>"]) yield* load(withFrom(from))
    })
  )

  it.effect("hands a source its secrets, read anew with each run, and names what is not there", () =>
    Effect.gen(function* () {
      const ids: Array<string> = []
      const intake: Intake.Intake = {
        append: ({ events }) => Effect.sync(() => void ids.push(...events.map(({ id }) => id))),
        full: Effect.succeed(false),
        claim: () => Effect.succeed({ _tag: "Elsewhere" }),
        expect: () => Effect.void,
        unread: () => Effect.void,
        problems: () => Effect.void,
        lag: () => Effect.void,
        present: () => Effect.void
      }
      const token = write("token", "the-first-token\n")
      const credentials = "credentials: { token: { file: ./token } }"
      const one = good.replace(
        /source:[\s\S]*?outbox/,
        `source: { use: ../keyed.ts, ${credentials} }\noutbox`
      )
      const several = one.replace("source: {", "sources:\n  - { name: keyed,")
      for (const [text, name] of [[one, "default"] as const, [several, "keyed"] as const]) {
        const source = (yield* load(text)).definition.sources[name]!
        ids.length = 0
        const run = source.run(intake, { follow: false })
        yield* run
        write("token", "the-second-token\n")
        yield* run
        expect(ids).toEqual(["the-first-token", "the-second-token"])
        const check = source.check?.({ follow: false }) ?? Effect.die("there is nothing to check")
        yield* check
        rmSync(token)
        const checked = yield* Effect.flip(check)
        expect(checked.message).toMatch(
          /millrace\.yaml:\d+: sources?(\[0\])?\.credentials\.token: the file .*token could not be read/
        )
        const { message } = yield* Effect.flip(run)
        expect(message).toMatch(/credentials\.token: the file .*token could not be read \(ENOENT\)/)
        write("token", "the-first-token\n")
      }
      const plain = yield* load(one.replace("{ file: ./token }", "hunter2"))
      const { message } = yield* Effect.flip(
        plain.definition.sources["default"]!.run(intake, { follow: false })
      )
      expect(message).toContain("credentials.token")
      expect(message).not.toContain("hunter2")
    })
  )

  it.effect("hands an outbox its secrets, read anew each time", () =>
    Effect.gen(function* () {
      const token = write("token", "the-first-token\n")
      const { store } = yield* load(
        good.replace(
          "outbox: { use: ../plugins.ts }",
          "outbox: { use: ../keyed.ts, credentials: { token: { file: ./token } } }"
        )
      )
      const said = Effect.map(Effect.flip(store.check ?? Effect.void), ({ message }) => message)
      expect(yield* said).toBe("the-first-token")
      write("token", "the-second-token\n")
      expect(yield* said).toBe("the-second-token")
      rmSync(token)
      expect(yield* said).toMatch(/credentials\.token: the file .*token could not be read \(ENOENT\)/)
    })
  )

  it.effect("says who the exporter is among several, and what it does", () =>
    Effect.gen(function* () {
      const { instance: alone } = yield* load(good)
      expect(alone.name).toMatch(/-\d+$/)
      expect(alone.roles).toEqual(["read", "deliver"])
      const { instance } = yield* load(`${good}instance: { name: reader-1, roles: [read, read] }\n`)
      expect(instance).toEqual({ name: "reader-1", roles: ["read"] })
      expect(yield* complaint(`${good}instance: { roles: [] }\n`)).toContain("name read, deliver, or both")
      expect(yield* complaint(`${good}instance: { roles: [write] }\n`)).toContain("instance.roles")
    })
  )

  it.effect("says where telemetry goes, with headers that are read anew, and shows none of them", () =>
    Effect.gen(function* () {
      const given = (otlp: string) => `${good}telemetry: { otlp: ${otlp} }\n`
      expect((yield* load(good)).telemetry).toBeUndefined()
      const plain = (yield* load(given('{ url: "http://127.0.0.1:4318" }'))).telemetry?.otlp
      expect(plain).toMatchObject({ url: "http://127.0.0.1:4318", interval: 10_000 })
      expect(yield* plain!.headers).toEqual({})
      const header = write("header", "first-value\n")
      const text = given(
        '{ url: "https://collector.example/otlp", interval: 30 seconds, protocol: json, headers: { x-key: { file: ./header }, authorization: { env: PRINTER_KEY } } }'
      )
      const { telemetry } = yield* load(text)
      expect(telemetry?.otlp?.interval).toBe(30_000)
      expect(telemetry?.otlp?.protocol).toBe("json")
      expect(plain?.protocol).toBe("protobuf")
      expect(inspect(telemetry, { depth: 9 })).not.toContain("first-value")
      const read = Effect.map(telemetry!.otlp!.headers, (found) => Redacted.value(found["x-key"]!))
      expect(yield* read).toBe("first-value")
      writeFileSync(header, "second-value")
      expect(yield* read).toBe("second-value")
      writeFileSync(header, "two\nlines")
      const { message } = yield* Effect.flip(read)
      expect(message).toContain("telemetry.otlp.headers.x-key: what it refers to is no value of a header")
      expect(message).not.toContain("lines")
      const faults = [
        [
          '{ url: "collector:4318" }',
          "telemetry.otlp.url: is no address that begins with http:// or https://"
        ],
        ['{ url: "https://me:pass-word@collector" }', "telemetry.otlp.url: holds a name or a password"],
        ['{ url: "https://collector?key=1" }', "telemetry.otlp.url: has a query"],
        ['{ url: "http://c", headers: { x-key: plain } }', "telemetry.otlp.headers.x-key"],
        ['{ url: "http://c", headers: { "x key": { env: A } } }', "telemetry.otlp.headers"],
        ["{}", "telemetry.otlp.url: is missing"]
      ] as const
      for (const [otlp, expected] of faults) {
        const said = yield* complaint(given(otlp))
        expect(said).toContain(expected)
        expect(said).not.toContain("pass-word")
      }
    })
  )

  it.live("is told when the file of a secret changes, also by a swapped link", () =>
    Effect.gen(function* () {
      const secret = write("watched", "old\n")
      const link = join(folder, "link")
      symlinkSync(secret, link)
      const { definition } = yield* load(good.replace("./secret", "./link"))
      const { definition: other } = yield* load(good)
      const [destination, same] = [definition, other].map(({ routes }) => routes[0]!.destination)
      yield* Effect.scoped(Effect.andThen(destination!.open, same!.open))
      // As Kubernetes does it: the new file is there before the link is swapped.
      symlinkSync(write("watched-too", "new\n"), `${link}.new`)
      renameSync(`${link}.new`, link)
      // Also when nobody asked before: it has changed since it was read.
      const unchanged = yield* Effect.forkChild(same!.changed!)
      yield* destination!.changed!
      assert.isUndefined(unchanged.pollUnsafe())
      const again = yield* Effect.forkChild(destination!.changed!, { startImmediately: true })
      writeFileSync(link, "newer\n")
      yield* Fiber.join(again)
    })
  )

  it.effect("says when the file is not there", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Config.load(join(folder, "nowhere.yaml"), surroundings))
      expect(error.message).toContain("nowhere.yaml: there is no such file")
    })
  )

  it.effect("never throws, whatever the text", () =>
    Effect.gen(function* () {
      const cut = Schema.Struct({
        at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: good.length })),
        text: Schema.String
      })
      const result = yield* Arbitrary.checkEffect(
        Arbitrary.schema(cut),
        ({ at, text }) =>
          Effect.map(
            Effect.exit(load(good.slice(0, at) + text + good.slice(at + text.length), "mutated.yaml")),
            (exit) => exit._tag === "Success" || exit.cause.reasons.every((reason) => reason._tag === "Fail")
          ),
        { runs: 300, seed: "millrace" }
      )
      expect(Arbitrary.formatCheckFailure(result)).toBeUndefined()
    })
  )

  it.effect("has an admin endpoint when it says so, and no open door to other machines", () =>
    Effect.gen(function* () {
      expect((yield* load(good)).admin).toBeUndefined()
      expect((yield* load(`${good}admin: {}\n`)).admin).toEqual({
        host: "127.0.0.1",
        port: 9464,
        readOnly: false,
        names: []
      })
      for (const host of ["0.0.0.0", '"::"', "10.0.0.1", "millrace.internal", "127.example.com"])
        expect(yield* complaint(`${good}admin: { host: ${host} }\n`)).toMatch(
          /^\.\/millrace\.yaml:14: admin\.host: other machines reach .*: give a token/
        )
      for (const host of ["localhost", "127.1.2.3", '"::1"']) yield* load(`${good}admin: { host: ${host} }\n`)
    })
  )

  it.effect("reads the token of its admin endpoint anew, and shows none that will not do", () =>
    Effect.gen(function* () {
      const file = write("admin.yaml", `${good}admin: { host: 0.0.0.0, token: { file: ./admin-token } }\n`)
      write("admin-token", "too-short\n")
      const { admin } = yield* Config.load(file, surroundings)
      const { message } = yield* Effect.flip(admin!.token!)
      expect(message).toContain("admin.yaml:14: admin.token: what it refers to is no token of at least 16")
      expect(message).not.toContain("too-short")
      write("admin-token", "long-enough-to-be-one\n")
      expect(inspect(yield* admin!.token!)).not.toContain("long-enough")
      write("admin-token", "another-that-is-long-enough")
      expect(Redacted.value(yield* admin!.token!)).toBe("another-that-is-long-enough")
    })
  )

  it("has the JSON Schema that is published", () => {
    const file = fileURLToPath(new URL("../millrace.schema.json", import.meta.url))
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(ConfigFile.jsonSchema())
  })
})
