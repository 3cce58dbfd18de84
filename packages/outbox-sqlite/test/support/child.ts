/**
 * A process that owns a state directory: `hold` waits, `work` appends and settles until it is killed, `exit` and
 * `throw` do so until they end in the midst of it; `erase` and `interrupt` erase a user, to its end or half, and wait.
 */
import assert from "node:assert"
import { writeSync } from "node:fs"
import { encodeEvents } from "@millrace/core/Codec"
import { Outbox } from "@millrace/core/Outbox"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { fateOf, lanes, perLane, textOf } from "./history.ts"
import * as Person from "./person.ts"

const [mode = "", directory = ""] = process.argv.slice(2)
const say = (line: string) => Effect.sync(() => writeSync(1, `${line}\n`))

const work = Effect.gen(function* () {
  const outbox = yield* Outbox
  const start = Number(Option.getOrElse(yield* outbox.checkpoint("default", "numbers"), () => "0"))
  const settle = (chunk: number, sequences: ReadonlyArray<number>) => {
    const positions = (fate: string) =>
      Array.from({ length: perLane }, (_, i) => i).filter((position) => fateOf(chunk, position) === fate)
    const dead = positions("dead").map((position) => ({ position, reason: "bad-request", detail: "" }))
    return Effect.andThen(
      outbox.settle(
        sequences.map((parcel) => ({ parcel, delivered: positions("delivered"), dead, attempts: 1, at: 0 }))
      ),
      say(`settled ${chunk}`)
    )
  }
  for (let chunk = start + 1; ; chunk++) {
    const stored = yield* outbox.append({
      origin: { source: "default", split: "numbers", position: `${chunk}` },
      at: chunk,
      parcels: lanes.map((lane) => ({
        ...lane,
        records: encodeEvents(
          Array.from({ length: perLane }, (_, position) => ({
            id: textOf(lane, chunk, position),
            type: "test",
            time: 0,
            user: {},
            properties: { filler: "x".repeat(500) }
          }))
        )
      })),
      buried: [
        {
          routes: ["crm"],
          reason: "malformed",
          detail: "",
          record: new Uint8Array(9),
          codec: "",
          parameter: ""
        }
      ],
      counts: [{ route: "crm", kind: "read", key: "", events: lanes.length * perLane + 1 }],
      advance: { split: "numbers", after: chunk === 1 ? undefined : `${chunk - 1}`, to: `${chunk}` }
    })
    yield* say(`appended ${chunk}`)
    if (mode === "exit" && chunk === 3) process.exit(0)
    if (mode === "throw" && chunk === 3) setImmediate(() => assert.fail("nobody catches this"))
    const sequences = stored.map(({ sequence }) => sequence)
    yield* Effect.forkChild(settle(chunk, sequences))
  }
})

const erase = Effect.gen(function* () {
  const outbox = yield* Outbox
  yield* Person.live(outbox)
  yield* mode === "erase" ? Person.erase(outbox) : Person.eraseHalf(outbox)
  yield* say("erased")
  return yield* Effect.never
})

const hold = Effect.andThen(say("opened"), Effect.never)
const program = mode === "hold" ? hold : mode === "erase" || mode === "interrupt" ? erase : work
const main = program.pipe(
  Effect.provide(OutboxSqlite.layer({ directory })),
  Effect.catch((error) => say(`${error.reason}: ${error.detail}`))
)
await Effect.runPromise(main)
