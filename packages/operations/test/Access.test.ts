/** The same operations, whether the exporter runs or rests. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Outbox, OutboxMemory, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Access from "../src/Access.ts"
import * as Control from "../src/Control.ts"
import { fromOutbox, type Operations, type Target } from "../src/Operations.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-access-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const definition = { sources: { default: Source.fromArray([]) }, routes: [] }
const target = (store: Partial<Outbox.Store> = {}): Target => ({
  definition,
  store: { ...OutboxMemory.store, ...store }
})
const failing = (reason: Outbox.OutboxError["reason"]): Outbox.Store["layer"] =>
  Layer.effect(Outbox.Outbox, Effect.fail(new Outbox.OutboxError({ reason, detail: `it is ${reason}` })))

/** Two events of one lane, of which one waits, and one dead letter. */
const stored = Effect.gen(function* () {
  const outbox = yield* Outbox.Outbox
  const record = Buffer.from("its bytes")
  yield* outbox.append({
    origin: { source: "default", split: "a", position: "" },
    at: 5,
    parcels: [],
    buried: [{ routes: ["crm"], reason: "malformed", detail: "torn", record, codec: "", parameter: "" }],
    counts: [{ route: "crm", kind: "read", key: "", events: 1 }]
  })
  yield* outbox.setGate(
    { route: "crm", lane: "web" },
    { open: false, reason: "unauthorized", since: 3, notBefore: 9 }
  )
  return outbox
})

/** What each operation that only needs an outbox answers. */
const answers = (operations: Operations) =>
  Effect.all({
    status: operations.status(),
    none: operations.pause({ route: "crm", lane: "none" }, true),
    list: operations.listDeadLetters({}, 10),
    some: operations.pageDeadLetters({ route: "crm" }, 0, 10),
    others: operations.pageDeadLetters({ user: "nobody" }, 0, 10),
    page: operations.deadLetters({}, 0),
    purged: operations.purge({ reason: "malformed" }),
    after: operations.listDeadLetters({}, 10)
  })

describe("an exporter that is operated", () => {
  it.live("answers the same by its socket and from its outbox", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const outbox = yield* stored
      yield* Control.serve(directory, fromOutbox(outbox, target()))
      const running = yield* Access.use(
        target({ directory, layer: failing("Owned") }),
        (operations, isRunning) => Effect.map(answers(operations), (found) => ({ ...found, isRunning }))
      )
      const resting = yield* Effect.flatMap(
        Effect.provide(stored, OutboxMemory.layer, { local: true }),
        (other) =>
          Access.use(target({ layer: Layer.succeed(Outbox.Outbox, other) }), (operations, isRunning) =>
            Effect.map(answers(operations), (found) => ({ ...found, isRunning }))
          )
      )
      assert.deepStrictEqual({ ...running, isRunning: false }, JSON.parse(JSON.stringify(resting)))
      assert.deepStrictEqual([running.isRunning, resting.isRunning], [true, false])
      assert.deepStrictEqual(
        [running.none, running.list.total, running.purged, running.after.total],
        [false, 1, 1, 0]
      )
      assert.strictEqual(running.page.letters[0]?.record, Buffer.from("its bytes").toString("base64"))
    }).pipe(Effect.provide(OutboxMemory.layer))
  )

  it.effect("is looked at where it cannot be opened for more, and the reason is told", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const look = (store: Partial<Outbox.Store>) =>
        Access.look(
          target(store),
          (operations) => operations.status(),
          (message) => told.push(message)
        )
      const { ledger } = yield* look({ layer: failing("Full"), look: OutboxMemory.layer })
      assert.deepStrictEqual([ledger.routes, told], [{}, ["it is Full"]])
      const damaged = yield* Effect.flip(look({ layer: failing("Damaged"), look: OutboxMemory.layer }))
      assert.include(damaged.message, "it is Damaged")
      const blind = yield* Effect.flip(look({ layer: failing("Full") }))
      assert.include(blind.message, "it is Full")
      // Whatever keeps it from being looked at, too, the first reason is the one to mend.
      const both = yield* Effect.flip(look({ layer: failing("Unavailable"), look: failing("Damaged") }))
      assert.include(both.message, "it is Unavailable")
      assert.strictEqual(told.length, 1)
    })
  )

  it.effect("has no state before its directory is there", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      assert.deepStrictEqual(
        [undefined, directory, join(directory, "not-there")].map((place) =>
          Access.hasState(target({ directory: place }))
        ),
        [true, true, false]
      )
    })
  )
})
