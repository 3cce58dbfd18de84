/**
 * Very many objects in Currents' layout, of 40 types, read by the command that follows: each once, through a kill, late hours
 * and a replaced object, in no more lists than the formula allows, and with a heap in which a few kilobytes kept for each would
 * not have room.
 */
import { assert } from "@effect/vitest"
import { Sample } from "@millrace/events-braze"
import { Emulator } from "@millrace/mparticle-emulator"
import { Schedule } from "@millrace/objects"
import * as Effect from "effect/Effect"
import * as Millrace from "./millrace.ts"
import * as World from "./world.ts"

const hour = 3_600_000

const types = Array.from({ length: 40 }, (_, index) => `users.messages.type${index}.Send`)
const time = 1_782_742_805_000

/** Lines of events of users that are known: others are skipped. */
const writer = () => {
  const sample = Sample.make({ seed: 9, users: 500 })
  let number = 0
  let written = 0
  const lines = (count: number): string => {
    const made: Array<string> = []
    while (made.length < count) {
      const event = sample.event("users.messages.email.Open", number++, time)
      if (event.user.externalId === undefined) continue
      made.push(`${JSON.stringify(Sample.toCustomHttp(event))}\n`)
      written++
    }
    return made.join("")
  }
  return { lines, written: () => written }
}

/** As Currents names it: the hour of the queue, and numbers that do not sort. */
const keyOf = (type: number, hours: number, offset: number) => {
  const at = new Date(Date.now() - hours * hour).toISOString().slice(0, 13).replace("T", "-")
  const export_ = "dataexport.prod-01.S3.integration.5f0e"
  return `currents/${export_}/event_type=${types[type]}/date=${at}/42/prod-01/${export_}+${offset % 7}+${offset}.json`
}

export interface Store {
  /** The source of a configuration, without its prefix and interval. */
  readonly source: { readonly use: string; readonly settings: Readonly<Record<string, unknown>> }
  readonly environment: Readonly<Record<string, string>>
  readonly put: (key: string, bytes: string) => Promise<unknown>
  /** How often it was asked for a list. */
  readonly lists: () => number
}

/**
 * Mebibytes: some 50 of them are the program. A limit of V8, because the resident memory of a busy machine depends on when the
 * collector has its turn; the benchmark `large` measures that.
 */
const heap = 96

/** Of a store with about so many objects. */
export const readOnce = Effect.fnUntraced(function* (
  store: Store,
  { interval, objects: many }: { readonly objects: number; readonly interval: number }
) {
  const { lines, written } = writer()
  const world = yield* World.make
  const emulator = yield* Emulator.start({ feeds: World.feeds })
  const put = (objects: ReadonlyArray<readonly [string, number]>) =>
    Effect.promise(async () => {
      const rest = objects.values()
      const some = async () => {
        for (const [key, count] of rest) await store.put(key, lines(count))
      }
      await Promise.all(Array.from({ length: 16 }, some))
    })
  const objects = Array.from(
    { length: many - 100 },
    (_, index) => [keyOf(index % 40, 1 + (Math.floor(index / 40) % 48), index), 1] as const
  )
  yield* put([...objects, [keyOf(3, 30, 1_000_000), 8000]])
  const file = world.configure({
    ...World.configuration(emulator.url),
    source: {
      ...store.source,
      settings: { ...store.source.settings, prefix: "currents/", interval: `${interval} millis` }
    }
  })
  const environment = { ...store.environment, NODE_OPTIONS: `--max-old-space-size=${heap}` }
  const start = () => world.start(["run", file, "--follow"], { environment })
  const distinct = () => emulator.state().totals.distinctEvents

  const first = yield* start()
  yield* Millrace.until(first, () => distinct() > written() / 2)
  first.kill("SIGKILL")
  yield* first.ended

  const listed = store.lists()
  const since = Date.now()
  const second = yield* start()
  yield* Millrace.until(second, () => distinct() === written())
  // Late by hours, two in one second under names that sort before, one under a name that was read, and a new type.
  yield* put([
    ...Array.from(
      { length: 96 },
      (_, index) => [keyOf(index % 40, index % 2, 2_000_000 + index), 1] as const
    ),
    [keyOf(5, 0, 1), 2],
    [keyOf(5, 0, 0), 2],
    [objects[6]![0], 3]
  ])
  yield* Millrace.until(second, () => distinct() === written())
  const elapsed = Date.now() - since
  const asked = store.lists() - listed
  const shape = { busy: 40, quiet: 0, folders: 2, objects: many }
  // Everything was listed once, at the start; a second page where a type has more than a thousand.
  const calls = many / 1000 + 1 + (Schedule.requestsAnHour(shape, interval) * elapsed) / hour
  assert.isAtMost(asked, Math.ceil(calls) + 40)
  second.kill("SIGTERM")
  Millrace.assertEnded(yield* second.ended, 0)
  const { totals } = emulator.state()
  assert.strictEqual(totals.distinctEvents, written())
  assert.strictEqual(totals.conflicting, 0)
})
