import { assert, describe, it } from "@effect/vitest"
import type { SourceError } from "@millrace/core/Source"
import { s3 } from "@millrace/source-s3"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Contents from "../../objects/test/support/contents.ts"
import * as FakeS3 from "./support/fakeS3.ts"
import * as Recorder from "./support/recorder.ts"

const settingsOf = ({ endpoint }: FakeS3.FakeS3): Recorder.Settings => ({
  bucket: "acme",
  endpoint,
  forcePathStyle: true,
  format: "braze-currents",
  interval: "200 millis"
})

const put = (server: FakeS3.FakeS3, key: string, text: string, tag = '"1"') =>
  server.objects.set(key, { bytes: Buffer.from(text), tag })

const failing = (error: SourceError) => [error.reason, error.kind]

describe("a store that refuses", () => {
  it.live("is told in one line, and what becomes of it is core's", () =>
    Effect.gen(function* () {
      const server = yield* FakeS3.start
      put(server, "a.json", Contents.lines(3))
      for (const [code, status, headers, expected, line] of [
        ["InvalidAccessKeyId", 403, {}, ["wrong-key", "unauthorized"], /credentials are refused/],
        ["ExpiredToken", 400, {}, ["expired", "unauthorized"], /have expired \(ExpiredToken, 400\)/],
        ["AccessDenied", 403, {}, ["forbidden", "unauthorized"], /give these credentials s3:ListBucket/],
        ["NoSuchBucket", 404, {}, ["not-found", "fatal"], /check the name in the settings/],
        [
          "PermanentRedirect",
          301,
          { "x-amz-bucket-region": "ap-south-1" },
          ["wrong-region", "fatal"],
          /set region: ap-south-1/
        ],
        ["SlowDown", 503, {}, ["throttled", "retry"], /asked too often \(SlowDown, 503\)/]
      ] as const) {
        server.fault = () => ({ code, status, headers })
        const error = yield* Effect.flip(Recorder.run(Recorder.make(), settingsOf(server)))
        assert.deepStrictEqual(failing(error), [...expected], code)
        assert.match(error.detail, line)
        assert.notInclude(error.detail, "\n")
      }
      server.fault = () => "reset"
      const error = yield* Effect.flip(Recorder.run(Recorder.make(), settingsOf(server)))
      assert.deepStrictEqual(failing(error), ["unreachable", "retry"])
    })
  )

  it.live("an expired token at a read ends the run, and the next reads on with the token it is given", () =>
    Effect.gen(function* () {
      const server = yield* FakeS3.start
      put(server, "a.json", Contents.lines(3))
      put(server, "b.json", Contents.lines(3, 3))
      let valid = "first"
      server.fault = (request, what) =>
        request === "read" && what === "b.json" && server.requests.at(-1)?.token !== valid
          ? { code: "ExpiredToken", status: 400 }
          : undefined
      const recorder = Recorder.make()
      const source = (token: string) =>
        Recorder.run(recorder, settingsOf(server), {
          credentials: {
            accessKeyId: Redacted.make("a"),
            secretAccessKey: Redacted.make("b"),
            sessionToken: Redacted.make(token)
          }
        })
      valid = "second"
      const error = yield* Effect.flip(source("first"))
      assert.deepStrictEqual(failing(error), ["expired", "unauthorized"])
      yield* source("second")
      assert.deepStrictEqual([recorder.ids.length, new Set(recorder.ids).size], [6, 6])
    })
  )

  it.live("throttled and reset while it follows: nothing is lost, and nothing repeats", () =>
    Effect.gen(function* () {
      const server = yield* FakeS3.start
      const key = (name: string) =>
        `event_type=t/date=${new Date().toISOString().slice(0, 13).replace("T", "-")}/${name}.json`
      put(server, key("1"), Contents.lines(3))
      const recorder = Recorder.make()
      const run = yield* Effect.forkScoped(Recorder.run(recorder, settingsOf(server), { follow: true }))
      yield* Recorder.until(recorder, () => recorder.ids.length === 3)
      server.fault = (request) => (request === "list" ? { code: "SlowDown", status: 503 } : undefined)
      put(server, key("2"), Contents.lines(20_000, 3))
      yield* Recorder.until(recorder, () => recorder.problems.some(({ reason }) => reason === "throttled"))
      // Now each second range breaks off midway.
      let reads = 0
      server.fault = (request) => (request === "read" && reads++ % 2 === 0 ? "reset" : undefined)
      yield* Recorder.until(recorder, () => recorder.ids.length === 20_003 && recorder.problems.length === 0)
      assert.strictEqual(new Set(recorder.ids).size, 20_003)
      assert.isAbove(reads, 2)
      yield* Fiber.interrupt(run)
    })
  )

  it.live("the platform's credentials are looked for where none are given", () =>
    Effect.gen(function* () {
      const server = yield* FakeS3.start
      put(server, "a.json", Contents.lines(3))
      const before = { ...process.env }
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          process.env = before
        })
      )
      Object.assign(process.env, {
        AWS_ACCESS_KEY_ID: "platform",
        AWS_SECRET_ACCESS_KEY: "secret",
        AWS_SESSION_TOKEN: "of the platform"
      })
      const recorder = Recorder.make()
      yield* Recorder.run(recorder, settingsOf(server), { credentials: {} })
      assert.strictEqual(server.requests[0]?.token, "of the platform")
      assert.strictEqual(recorder.ids.length, 3)
    })
  )
})

describe("check", () => {
  const checked = (server: FakeS3.FakeS3, follow = false) =>
    s3({
      settings: settingsOf(server),
      credentials: {
        accessKeyId: Redacted.make("a"),
        secretAccessKey: Redacted.make("b")
      }
    }).check!({ follow })

  it.live("asks for a list and a byte, and says what is wrong", () =>
    Effect.gen(function* () {
      const server = yield* FakeS3.start
      assert.match((yield* Effect.flip(checked(server))).message, /s3:\/\/acme\/: has no object to read/)
      yield* checked(server, true)
      put(server, "a.json", Contents.lines(3))
      yield* checked(server)
      server.fault = (request) => (request === "read" ? { code: "AccessDenied", status: 403 } : undefined)
      assert.match((yield* Effect.flip(checked(server))).message, /s3:\/\/acme\/a\.json: may not be read/)
    })
  )
})
