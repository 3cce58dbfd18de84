/** Memory of messages that is used again: never while one of them is still to be sent. */
import { assert, describe, it } from "@effect/vitest"
import { type Event, Exporter, Message, OutboxMemory, Outcome, Source } from "@millrace/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Sheet from "../src/engine/message/Sheet.ts"
import * as Remote from "./support/remote.ts"

const filled = (length: number, value: number) => new Uint8Array(length).fill(value)

describe("a sheet", () => {
  it("is used again when all its messages have ended, and not before", () => {
    const sheets = Sheet.make()
    const first = sheets.take(filled(5_000, 1), 2)
    Sheet.end(first)
    const second = sheets.take(filled(5_000, 2), 1)
    assert.deepStrictEqual(first.bytes, filled(5_000, 1))
    Sheet.end(first)
    const third = sheets.take(filled(4_000, 3), 1)
    assert.strictEqual(third.bytes.buffer, first.bytes.buffer)
    assert.deepStrictEqual([second.bytes, third.bytes], [filled(5_000, 2), filled(4_000, 3)])
  })

  it("takes the smallest memory that is large enough, and none that would stay empty for the most part", () => {
    const sheets = Sheet.make()
    const [large, small] = [sheets.take(filled(900_000, 0), 1), sheets.take(filled(100_000, 0), 1)]
    Sheet.end(large)
    Sheet.end(small)
    assert.strictEqual(sheets.take(filled(90_000, 0), 1).bytes.buffer, small.bytes.buffer)
    assert.notStrictEqual(sheets.take(filled(90_000, 0), 1).bytes.buffer, large.bytes.buffer)
    assert.strictEqual(sheets.take(filled(800_000, 0), 1).bytes.buffer, large.bytes.buffer)
  })

  it("takes no memory from others when no message is in it", () => {
    const sheets = Sheet.make()
    const first = sheets.take(filled(5_000, 0), 1)
    Sheet.end(first)
    sheets.take(filled(3_000, 0), 0)
    assert.strictEqual(sheets.take(filled(5_000, 0), 1).bytes.buffer, first.bytes.buffer)
  })

  it("is let go of where enough is kept", () => {
    const sheets = Sheet.make()
    const taken = Array.from({ length: 5 }, () => sheets.take(filled(400_000, 0), 1))
    for (const sheet of taken) Sheet.end(sheet)
    const memory = new Set(taken.map(({ bytes }) => bytes.buffer))
    const again = Array.from({ length: 5 }, () => sheets.take(filled(400_000, 0), 1).bytes.buffer)
    assert.strictEqual(again.filter((one) => memory.has(one)).length, 2)
  })
})

/** So long that those of a lane do not fit into its memory at once. */
const textOf = (index: number) =>
  String(index)
    .padStart(4, "0")
    .repeat(100 + (index % 7) * 40)

interface Told {
  readonly ids: ReadonlyArray<string>
  readonly texts: ReadonlyArray<string>
}

/** What a body tells; nothing where others' bytes stand in it. */
const readable = (body: string): ReadonlyArray<Told> => {
  try {
    return JSON.parse(body)
  } catch {
    return []
  }
}

/** Each message's own text, although others are put off, refused or sent in parts. */
const sent = Effect.fnUntraced(function* (events: ReadonlyArray<Event.Event>, grouped: boolean) {
  const tries = new Map<string, number>()
  const wrong: Array<string> = []
  const remote = Remote.make()
  const indexOf = (id: string) => Number.parseInt(id.slice("event-".length), 10)
  const target = Remote.destination(remote, {
    limits: { messages: 20, bytes: 60_000, messageEvents: grouped ? 3 : 1, window: grouped ? 5 : 0 },
    ...(grouped
      ? {
          assign: ({ user }: Event.Event) => ({ _tag: "To", lane: "main", group: user.externalId! }) as const
        }
      : {}),
    prepare: (events) => {
      const ids = events.map(({ id }) => id)
      return Result.succeed(Message.json(ids.join("+"), { ids, texts: ids.map((id) => textOf(indexOf(id))) }))
    },
    answer: ({ body }, batch) => {
      const messages = readable(body)
      if (messages.length === 0) wrong.push(body)
      for (const { ids, texts } of messages)
        if (ids.some((id, at) => texts[at] !== textOf(indexOf(id)))) wrong.push(ids.join("+"))
      return Outcome.Outcomes.each(batch, (_, at) => {
        const key = messages[at]?.ids.join("+") ?? ""
        const attempt = (tries.get(key) ?? 0) + 1
        tries.set(key, attempt)
        const turn = indexOf(key) % 5
        if (turn === 0 && attempt < 3) return Outcome.retry("unavailable")
        return turn === 1 ? Outcome.rejected("refused") : Outcome.delivered
      })
    }
  })
  const { routes } = yield* Exporter.from(Source.fromArray(events, { size: 25 }))
    .route("crm")
    .to(target, { policy: { firstBackoff: "5 millis", longestBackoff: "10 millis" } })
    .run.pipe(Effect.provide(OutboxMemory.layer))
  return { wrong, ledger: routes["crm"]! }
})

describe("a message in memory that was another's before", () => {
  const events = Remote.events(4_000)

  it.live.each([{ grouped: false }, { grouped: true }])(
    "is sent with its own bytes, whatever becomes of others: %o",
    ({ grouped }) =>
      Effect.gen(function* () {
        const { ledger, wrong } = yield* sent(events, grouped)
        assert.deepStrictEqual(wrong, [])
        assert.strictEqual(ledger.delivered["main"]! + (ledger.dead["refused"] ?? 0), events.length)
        assert.isAbove(ledger.dead["refused"]!, 0)
      })
  )
})
