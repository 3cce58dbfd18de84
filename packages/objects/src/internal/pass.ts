/** Looks at what there is, reads what is new, and does so again while it follows. */
import type { Event } from "@millrace/core/Event"
import type { Intake } from "@millrace/core/Intake"
import * as Log from "@millrace/core/Log"
import { type RunOptions, SourceError } from "@millrace/core/Source"
import type { Format } from "@millrace/formats/Format"
import * as SplitReader from "@millrace/formats/SplitReader"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Names from "../Names.ts"
import type { ObjectStore } from "../ObjectStore.ts"
import * as Problems from "../Problems.ts"
import * as Range from "../Range.ts"
import * as SideBySide from "../SideBySide.ts"
import { nothingBelow } from "./anyObject.ts"
import * as Discovery from "./discovery.ts"
import * as ReadObjects from "./readObjects.ts"
import * as Refused from "./refused.ts"

export interface Options<E extends Event> {
  readonly plugin: string
  readonly format: Format<E>
  readonly store: ObjectStore
  readonly told?: Effect.Effect<ReadonlyArray<string>>
  readonly prefix: string
  readonly from: string
  /** Milliseconds. */
  readonly interval: number
}

/** Milliseconds in which notifications that come together are waited for. */
const gathering = 100

export const run = Effect.fnUntraced(function* <E extends Event>(
  { format, from, interval, plugin, prefix, store, told }: Options<E>,
  intake: Intake<E>,
  { follow, range, splits }: RunOptions
) {
  const scope = yield* Effect.scope
  const refused = Refused.make()
  const pace = { interval, isTold: told !== undefined }
  const discovery = Discovery.make({
    store,
    prefix,
    // Whoever asks for a part of the past has it also where the present begins later.
    from: range === undefined ? from : "",
    pace,
    isHeld: refused.isHeld,
    ...(range === undefined ? {} : { isAsked: Range.isWithin(range) })
  })
  const reader = yield* SplitReader.make({ plugin, format, intake })
  const sideBySide = yield* SideBySide.make(splits, intake.lag)
  const read = ReadObjects.make({ store, intake, reader, sideBySide, discovery, refused })

  const saidOnce = new Set<string>()
  const sayOnce = (about: string, message: string) =>
    Effect.suspend(() => {
      if (saidOnce.has(about)) return Effect.void
      saidOnce.add(about)
      return Log.write("input-noticed", message)
    })

  /** Says what everything that is there tells. */
  const onAll = Effect.fnUntraced(function* (count: number) {
    const { count: ignored, such } = discovery.ignored()
    if (ignored > 0) {
      yield* sayOnce(
        "ignored",
        `${ignored} objects below ${store.label}/${prefix} are not read, such as ${such}: names must end in ${Names.readableNames}`
      )
    }
    if (count === 0) {
      const detail = nothingBelow(store, prefix)
      return yield* follow ? sayOnce("nothing", detail) : new SourceError({ kind: "fatal", detail })
    }
    const present = intake.present((splits) => {
      const there = discovery.among(splits)
      return there === undefined ? Effect.fail("not known") : Effect.succeed(there)
    })
    yield* follow ? Effect.forkIn(Effect.ignore(present), scope) : Effect.ignore(present)
  })

  const news = yield* Latch.make(false)
  if (told !== undefined && follow) {
    const hear = Effect.map(told, (keys) => {
      for (const key of keys) discovery.onTold(key)
      news.openUnsafe()
    })
    yield* Effect.forkIn(Effect.forever(hear), scope)
  }

  let hasListed = false
  let failures = 0
  for (;;) {
    const start = yield* Clock.currentTimeMillis
    const due = refused.due(start)
    for (const key of due) discovery.again(key)
    news.closeUnsafe()
    const { all, objects, trouble } = yield* discovery.look(start)
    // Without a state to keep, core knows best how long to wait.
    if (trouble !== undefined && (!follow || !hasListed || isForCore(trouble))) {
      return yield* follow || !isLasting(trouble.reason) ? trouble : Problems.fatal(trouble)
    }
    hasListed = true
    if (trouble === undefined) forget(refused, due, objects)
    const count = yield* read(objects)
    if (all !== undefined) yield* onAll(all)
    const problems = refused.problems()
    yield* intake.problems(trouble === undefined ? problems : [Problems.problemOf(trouble), ...problems])
    const { again, cut } = discovery.hasMore()
    if (trouble === undefined && (again || (cut && count > 0))) continue
    if (!follow) {
      if (problems.length === 0) return
      const error = Problems.together(problems, "objects")
      return yield* problems.every(({ reason }) => isLasting(reason)) ? Problems.fatal(error) : error
    }
    failures = trouble === undefined ? 0 : failures + 1
    const now = yield* Clock.currentTimeMillis
    const next = Math.min(discovery.nextAt(now), refused.nextAt())
    if (trouble !== undefined) yield* Effect.sleep(Refused.waitAfter(failures, trouble))
    // All that could be handed on is read elsewhere.
    else if (cut) yield* Effect.sleep(interval)
    else if (next > now) {
      yield* Effect.raceFirst(
        Effect.sleep(next - now),
        Effect.andThen(news.await, Effect.sleep(Math.min(gathering, interval)))
      )
    }
  }
}, Effect.scoped)

/** What only a person can mend: a run that ends does not wait for it. */
const isLasting = (reason = ""): boolean => lasting.has(reason)
const lasting = new Set(["denied", "replaced", "not-found", "wrong-region"])

const isForCore = ({ kind }: SourceError): boolean => kind === "unauthorized" || kind === "fatal"

/** Objects that were to be tried again and are not there any more are no problem any more. */
const forget = (
  refused: Refused.Refused,
  due: ReadonlyArray<string>,
  objects: ReadonlyArray<{ readonly key: string }>
): void => {
  if (due.length === 0) return
  const there = new Set(objects.map(({ key }) => key))
  for (const key of due) if (!there.has(key)) refused.remove(key)
}
