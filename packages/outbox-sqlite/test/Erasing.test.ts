import { describe, expect, it } from "@effect/vitest"
import * as OutboxSqlite from "@millrace/outbox-sqlite/OutboxSqlite"
import * as Effect from "effect/Effect"
import * as Person from "./support/person.ts"
import { child, folder, session } from "./support/place.ts"

const isSound = (directory: string) =>
  Effect.map(OutboxSqlite.verify({ directory }), ({ problems }) => expect(problems).toEqual([]))

describe("of a user that was erased", () => {
  it.live.each([
    ["in a thread of its own", OutboxSqlite.layer],
    ["in this thread", OutboxSqlite.layerInThread]
  ] as const)("no byte stands in any file, while the outbox is open and when it is closed: %s", ([, layer]) =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* session(
        layer({ directory }),
        Effect.fnUntraced(function* (outbox) {
          yield* Person.live(outbox)
          expect(Person.traces(directory)).not.toEqual([])
          const before = yield* outbox.ledger
          yield* Person.erase(outbox)
          expect(Person.traces(directory)).toEqual([])
          const { routes } = yield* outbox.ledger
          expect(routes["crm"]?.delivered).toEqual(before.routes["crm"]?.delivered)
          // It goes on, and what stays is as it was.
          yield* Person.live(outbox)
          yield* Person.erase(outbox)
          expect(Person.traces(directory)).toEqual([])
        })
      )
      expect(Person.traces(directory)).toEqual([])
      yield* isSound(directory)
    })
  )

  it.live("no byte stands in any file when the process is killed afterwards, and when it opens again", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const running = yield* child("erase", directory)
      expect(yield* running.firstLine).toBe("erased")
      expect(Person.traces(directory)).toEqual([])
      yield* running.kill
      expect(Person.traces(directory)).toEqual([])
      yield* session(OutboxSqlite.layer({ directory }), () => Effect.void)
      expect(Person.traces(directory)).toEqual([])
      yield* isSound(directory)
    })
  )

  it.live("what an erasure that was killed has left is gone as soon as the outbox is open again", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const running = yield* child("interrupt", directory)
      expect(yield* running.firstLine).toBe("erased")
      yield* running.kill
      expect(Person.traces(directory)).not.toEqual([])
      yield* session(
        OutboxSqlite.layer({ directory }),
        Effect.fnUntraced(function* (outbox) {
          expect(Person.traces(directory)).toEqual([])
          expect([...(yield* outbox.erasures).users.keys()]).toEqual(["hash of ada"])
        })
      )
      yield* isSound(directory)
    })
  )
})
