import { assert, describe, it } from "@effect/vitest"
import { type GcsSource, gcs } from "@millrace/source-gcs"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Contents from "../../objects/test/support/contents.ts"
import * as Recorder from "../../objects/test/support/intake.ts"
import * as Client from "../src/internal/client.ts"
import * as Store from "../src/internal/store.ts"
import * as FakeGcs from "./support/fakeGcs.ts"

const run = (
  recorder: Recorder.Recorder,
  settings: { readonly bucket: string; readonly apiEndpoint: string },
  credentials: typeof GcsSource.Credentials.Encoded = {}
) =>
  gcs({ settings: { ...settings, prefix: "currents/", format: "braze-currents" }, credentials })
    .run(recorder.intake, { follow: false })
    .pipe(Effect.provide(Recorder.logged(recorder)))

const key = "currents/event_type=c/date=2026-06-29-01/1.ndjson"

describe("a bucket of Google Cloud Storage", () => {
  it.live("gives the same events and bytes as the same files in a folder", () =>
    Effect.gen(function* () {
      const contents = Contents.mixed()
      const { settings } = yield* FakeGcs.server(contents)
      const recorder = Recorder.make()
      yield* run(recorder, settings)
      const expected = yield* Contents.recordsIn(contents)
      assert.deepStrictEqual(new Set(recorder.bytes.keys()), new Set(expected.keys()))
      for (const [split, bytes] of expected) assert.isTrue(bytes.equals(recorder.bytes.get(split)!), split)
      assert.lengthOf(recorder.bad, 4)
    })
  )

  it.live("is listed by pages, from a key on and by folders, and read by ranges of one generation", () =>
    Effect.gen(function* () {
      const { asked, put, remove, settings } = yield* FakeGcs.server({
        "a/x/1.json": "0123456789",
        "a/y/2.json": "b",
        "a/y/3 +.json": "c",
        "b/4.json": "d"
      })
      const store = Store.make(yield* Client.open(settings, {}), 2)
      const first = yield* store.list({ prefix: "a/" })
      assert.deepStrictEqual(
        first.items.map((item) => item.key),
        ["a/x/1.json", "a/y/2.json"]
      )
      const second = yield* store.list({ prefix: "a/" }, first.next)
      assert.deepStrictEqual(
        second.items.map((item) => item.key),
        ["a/y/3 +.json"]
      )
      assert.isUndefined(second.next)
      assert.lengthOf((yield* store.list({ prefix: "a/", after: "a/y/3" })).items, 1)
      assert.deepStrictEqual((yield* store.folders("a/")).items, ["a/x/", "a/y/"])
      assert.isTrue(asked.every((request) => !request.includes("projection=full")))
      const [object] = first.items
      const text = (offset: number, length: number) =>
        Effect.map(store.read(object!, offset, length), (bytes) => Buffer.from(bytes).toString())
      assert.strictEqual(yield* text(0, 4), "0123")
      assert.strictEqual(yield* text(8, 40), "89")
      assert.strictEqual(yield* text(10, 4), "")
      put("a/x/1.json", "another")
      assert.strictEqual((yield* Effect.flip(text(0, 4))).reason, "replaced")
      remove("a/x/1.json")
      assert.strictEqual((yield* Effect.flip(text(0, 4))).reason, "gone")
    })
  )

  it.live("that breaks off in the middle of an object, or is throttled, loses nothing", () =>
    Effect.gen(function* () {
      const { break: broken, settings } = yield* FakeGcs.server({ [key]: Contents.lines(3000) })
      const left = { lists: 1, reads: 3 }
      broken(({ isRead }) => {
        if (isRead) return left.reads-- > 0 ? { status: 206, after: 1000 } : undefined
        return left.lists-- > 0 ? { status: 503 } : undefined
      })
      const recorder = Recorder.make()
      yield* run(recorder, settings)
      assert.lengthOf(recorder.ids, 3000)
      assert.strictEqual(new Set(recorder.ids).size, 3000)
      assert.isBelow(left.lists, 0)
      assert.isBelow(left.reads, 0)
    })
  )

  it.live("says in one line what stands in the way", () =>
    Effect.gen(function* () {
      const { break: broken, settings } = yield* FakeGcs.server({ [key]: Contents.lines(3) })
      const told = (given: typeof settings, credentials: typeof GcsSource.Credentials.Encoded = {}) =>
        Effect.map(Effect.flip(run(Recorder.make(), given, credentials)), ({ detail, kind, reason }) => {
          assert.notInclude(detail, "\n")
          assert.notInclude(detail, "secret-of")
          return [reason, kind, detail] as const
        })
      const [missing, , line] = yield* told({ ...settings, bucket: "other" })
      assert.strictEqual(missing, "not-found")
      assert.strictEqual(
        line,
        "gs://other/currents/: is not there (notFound, 404); check the name in the settings, or create it"
      )
      const statuses = [
        [401, "authError", "wrong-key", "unauthorized"],
        [403, "forbidden", "forbidden", "unauthorized"]
      ] as const
      for (const [status, said, reason, kind] of statuses) {
        broken(() => ({ status, reason: said }))
        const [found, core] = yield* told(settings)
        assert.deepStrictEqual([found, core], [reason, kind])
      }
      broken(({ isRead }) => (isRead ? { status: 403, reason: "forbidden" } : undefined))
      const [denied, , why] = yield* told(settings)
      assert.strictEqual(denied, undefined)
      assert.include(why, "Storage Object Viewer")
      const bad = Redacted.make('{"client_email":"secret-of-key"}')
      const [wrong, closed] = yield* told(settings, { serviceAccountKey: bad })
      assert.deepStrictEqual([wrong, closed], ["wrong-key", "unauthorized"])
    })
  )
})
