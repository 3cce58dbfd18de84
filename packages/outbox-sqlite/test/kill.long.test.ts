import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import type { Event } from "@millrace/core/Event"
import * as Ledger from "@millrace/core/Ledger"
import type { Outbox } from "@millrace/core/Outbox"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { fateOf, lanes, perLane, textOf } from "./support/history.ts"
import { child, folder, session } from "./support/place.ts"

describe("kill -9", () => {
  it.live("at any moment loses nothing that was acknowledged, and leaves a sound and balanced store", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "state")
      for (let round = 0; round < 12; round++) {
        const worker = yield* child("work", directory)
        yield* worker.firstLine
        // Sleeps, since a kill may come at any moment.
        yield* Effect.sleep(`${(round * 37) % 150} millis`)
        yield* worker.kill
        expect((yield* OutboxSqlite.verify({ directory })).problems).toEqual([])
        const appended = last(worker.lines, "appended ")
        const settled = new Set(worker.lines.flatMap((line) => /^settled (\d+)$/.exec(line)?.[1] ?? []))
        yield* session(OutboxSqlite.layerInThread({ directory }), (outbox) =>
          verify(outbox, appended, settled)
        )
      }
    })
  )
})

const last = (lines: ReadonlyArray<string>, prefix: string): number =>
  Number(lines.findLast((line) => line.startsWith(prefix))?.slice(prefix.length))

/** Every event of every chunk up to the checkpoint waits or has met its fate; beyond the checkpoint there is nothing. */
const verify = Effect.fnUntraced(function* (
  outbox: Outbox["Service"],
  appended: number,
  settled: ReadonlySet<string>
) {
  const ledger = yield* outbox.ledger
  expect(Ledger.imbalance(ledger)).toEqual([])
  const taken = Number(Option.getOrThrow(yield* outbox.checkpoint("default", "numbers")))
  expect(taken).toBeGreaterThanOrEqual(appended)
  expect(ledger.routes["crm"]?.read).toBe(taken * (lanes.length * perLane + 1))
  for (const lane of lanes) {
    const waiting = new Set<string>()
    for (const { records, settled: bits } of yield* outbox.take(lane, 0, 1_000_000_000)) {
      records.ends.forEach((end, position) => {
        if ((bits[position >> 3]! >> (position & 7)) & 1) return
        const text = new TextDecoder().decode(records.bytes.subarray(records.ends[position - 1] ?? 0, end))
        waiting.add((JSON.parse(text) as Event).id)
      })
    }
    let expected = 0
    for (let number = 1; number <= taken; number++) {
      for (let position = 0; position < perLane; position++) {
        const waits = waiting.has(textOf(lane, number, position))
        if (waits) expected++
        const fate = fateOf(number, position)
        if (fate === "waiting" && !waits) expect.fail(`event ${number}/${position} is lost`)
        if (fate !== "waiting" && waits && settled.has(`${number}`)) {
          expect.fail(`event ${number}/${position} was settled and waits again`)
        }
      }
    }
    expect(waiting.size).toBe(expected)
    expect(ledger.routes["crm"]?.waiting[lane.lane]).toBe(expected)
  }
})
