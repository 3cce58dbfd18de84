import { MessageChannel } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import {
  Destination,
  type Event,
  Exporter,
  Ledger,
  Message,
  Observer,
  OutboxMemory,
  Outcome,
  Reading,
  Source
} from "@millrace/core"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Remote from "./support/remote.ts"

const memory = Effect.provide(OutboxMemory.layer)

const splits = ["a", "b", "c", "d", "e", "f"]
const perSplit = 120
const all = splits.flatMap((_, split) => idsOf(split))

function idsOf(split: number) {
  return Array.from({ length: perSplit }, (_, index) => `event-${split * perSplit + index}`)
}

/** Six splits in chunks of ten events; `seen` is told which of them were read here. */
const source = (
  seen: Set<string>,
  options: { readonly fails?: string; readonly cut?: ReadonlyArray<string> } = {}
): Source.Source => ({
  ...Source.fromArray([]),
  parallel: true,
  run: (intake, run) => {
    const claim: typeof intake.claim = (split, read) =>
      intake.claim(split, (after, claim) =>
        Effect.tap(read(after, claim), () =>
          options.cut?.includes(split) ? intake.unread(split, { byte: 7, what: "cut off" }) : Effect.void
        )
      )
    return readSplits(seen, options)({ ...intake, claim }, run)
  }
})

const readSplits = (seen: Set<string>, options: { readonly fails?: string }): Source.Source["run"] =>
  Source.fromSplits({
    discover: () => Stream.fromIterable(splits),
    read: (split, after) => {
      seen.add(split)
      const first = splits.indexOf(split) * perSplit
      const from = Number(Option.getOrElse(after, () => "0"))
      const chunks = Array.from({ length: (perSplit - from) / 10 }, (_, index) => from + index * 10)
      const chunk = (at: number) => ({
        events: Array.from({ length: 10 }, (_, index) => Remote.event(first + at + index)),
        malformed:
          at === 0 ? [{ reason: "malformed", detail: "bad", position: "0", raw: new Uint8Array(3) }] : [],
        split,
        checkpoint: String(at + 10)
      })
      const read = Stream.mapEffect(Stream.fromIterable(chunks), (at) =>
        Effect.as(Effect.yieldNow, chunk(at))
      )
      return split === options.fails
        ? Stream.concat(
            Stream.take(read, 2),
            Stream.fail(new Source.SourceError({ kind: "fatal", detail: "d cannot be read" }))
          )
        : read
    }
  })

const chunkOf = (index: number, events: ReadonlyArray<Event.Event>) => ({
  events,
  malformed: [],
  split: "only",
  checkpoint: String(index)
})

const ofOneSplit = (chunks: Stream.Stream<ReturnType<typeof chunkOf>>): Source.Source => ({
  ...Source.fromArray([]),
  parallel: true,
  run: Source.fromSplits({ discover: () => Stream.make("only"), read: () => chunks })
})

/** A reader at the other end of a channel, with a definition of its own: everything crosses as between threads. */
const reader = Effect.fnUntraced(function* (
  definition: Effect.Effect<Exporter.Definition, { readonly message: string }>,
  onMemory: (memory: ReadonlyArray<ArrayBuffer>) => void = () => {}
) {
  const { port1, port2 } = new MessageChannel()
  yield* Effect.addFinalizer(() => Effect.sync(() => port1.close()))
  const wire = (port: typeof port1): Reading.Port => ({
    postMessage: (message, transfer = []) => port.postMessage(message, [...transfer]),
    on: (event, listener) => port.on(event, listener)
  })
  yield* Effect.forkScoped(Reading.serve(definition, wire(port2)))
  const port: Reading.Port = {
    ...wire(port1),
    postMessage: (message, transfer = []) => {
      onMemory(transfer)
      port1.postMessage(message, [...transfer])
    }
  }
  return { port, ended: Effect.never } satisfies Reading.Reader
})

const started = Effect.fnUntraced(function* (
  options: Remote.Options & {
    readonly fails?: string
    readonly cut?: ReadonlyArray<string>
    readonly route?: Parameters<Route["to"]>[1]
  } = {}
) {
  const remote = Remote.make()
  const [here, there] = [new Set<string>(), new Set<string>()]
  const definitionOf = (seen: Set<string>) =>
    Exporter.from(source(seen, options)).route("crm").to(Remote.destination(remote, options), options.route)
  const readers = [yield* reader(Effect.succeed(definitionOf(there)))]
  const running = yield* Exporter.start(definitionOf(here), { readers })
  return { running, remote, here, there }
})
type Route = ReturnType<ReturnType<typeof Exporter.from>["route"]>

const inOrder = (remote: Remote.Remote) => {
  const numbers = new Map<string, number>()
  for (const id of Remote.idsOf(remote)) {
    const index = Number(id.slice("event-".length))
    const key = `${Math.floor(index / perSplit)} ${index % 7}`
    assert.isAbove(index, numbers.get(key) ?? -1)
    numbers.set(key, index)
  }
}

describe("threads that read", () => {
  it.live("share the splits: every event is delivered once, in order, and counted once", () =>
    Effect.gen(function* () {
      const { running, remote, here, there } = yield* started()
      const { ledger, sourceError } = yield* running.ended
      assert.isUndefined(sourceError)
      assert.deepStrictEqual([...Remote.idsOf(remote)].sort(), [...all].sort())
      inOrder(remote)
      assert.strictEqual(ledger.routes["crm"]?.read, all.length + splits.length)
      assert.deepStrictEqual(ledger.routes["crm"]?.dead, { malformed: splits.length })
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      assert.isAbove(there.size, 0)
      // Nobody opened a split that the other had taken.
      assert.strictEqual(here.size + there.size, splits.length)
    }).pipe(memory, Effect.scoped)
  )

  it.live("plan their chunks, and the exporter's observer is told of each once", () => {
    const chunks: Array<Observer.Chunk> = []
    const observe = (one: Observer.Observation) => {
      if (one._tag === "Chunk") chunks.push(one)
    }
    return Effect.gen(function* () {
      const { running, there } = yield* started()
      yield* running.ended
      assert.isAbove(there.size, 0)
      const read = Map.groupBy(chunks, ({ split }) => split)
      assert.sameMembers([...read.keys()], splits)
      for (const ofSplit of read.values()) {
        assert.strictEqual(ofSplit.length, perSplit / 10)
        assert.strictEqual(
          ofSplit.reduce((sum, { events }) => sum + events, 0),
          perSplit + 1
        )
      }
      assert.strictEqual(
        chunks.reduce((sum, { bad }) => sum + bad, 0),
        splits.length
      )
      assert.isTrue(chunks.every(({ began, ended, source }) => began <= ended && source === "default"))
    }).pipe(memory, Effect.provideService(Observer.Observer, observe), Effect.scoped)
  })

  it.live("hand over events that wait for their group, and leave out what assign skips", () =>
    Effect.gen(function* () {
      const { running, remote } = yield* started({
        limits: { messageEvents: 5, window: 20 },
        assign: (event: Event.Event) =>
          event.id.endsWith("3")
            ? Destination.skip("chosen")
            : Destination.to("main", String(event.user.externalId))
      })
      const { ledger } = yield* running.ended
      const skipped = all.filter((id) => id.endsWith("3")).length
      assert.deepStrictEqual(ledger.routes["crm"]?.skipped, { chosen: skipped })
      assert.strictEqual(new Set(Remote.idsOf(remote)).size, all.length - skipped)
      assert.isTrue(remote.requests.some(({ ids }) => ids.some((id) => id.includes("+"))))
    }).pipe(memory, Effect.scoped)
  )

  it.live("leave a lane that is refused to the outbox", () =>
    Effect.gen(function* () {
      const { running, remote } = yield* started({
        lanes: [{ name: "even" }, { name: "odd" }],
        assign: ({ time }) => Destination.to(time % 2 === 0 ? "even" : "odd"),
        answer: ({ lane }) => (lane === "even" ? Outcome.unauthorized("refused") : undefined)
      })
      const { ledger } = yield* running.ended
      assert.deepStrictEqual(ledger.routes["crm"]?.waiting, { even: all.length / 2 })
      assert.strictEqual(remote.accepted.get("odd")?.length, all.length / 2)
    }).pipe(memory, Effect.scoped)
  )

  it.live("that fail at a split are run again, and all is read once", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const failed = new Set<string>()
      const stumbling = (who: string): Source.Source => ({
        ...Source.fromArray([]),
        parallel: true,
        run: (intake, run) =>
          readSplits(new Set(), {})(
            {
              ...intake,
              append: (chunk) =>
                Effect.andThen(
                  intake.append(chunk),
                  Effect.suspend(() => {
                    // Once by each reader, with what was read so far stored.
                    if (failed.has(who)) return Effect.void
                    failed.add(who)
                    return Effect.die(new Error("stumbled"))
                  })
                )
            },
            run
          )
      })
      const definitionOf = (who: string) =>
        Exporter.from(stumbling(who)).route("crm").to(Remote.destination(remote))
      const readers = [yield* reader(Effect.succeed(definitionOf("there")))]
      const running = yield* Exporter.start(definitionOf("here"), { readers })
      const { ledger, sourceError } = yield* running.ended
      assert.isUndefined(sourceError)
      assert.isTrue(failed.has("there"))
      assert.strictEqual(Ledger.total(ledger, "delivered"), all.length)
      assert.sameMembers([...Remote.idsOf(remote)], all)
    }).pipe(Effect.scoped, memory)
  )

  it.live("tell what they could not read, and read the rest", () =>
    Effect.gen(function* () {
      const { running, remote } = yield* started({ fails: "d" })
      const { sourceError } = yield* running.ended
      assert.include(sourceError?.message, "d cannot be read")
      assert.isAtLeast(Remote.idsOf(remote).length, 3 * perSplit)
    }).pipe(memory, Effect.scoped)
  )

  it.live("tell what is left unread of a split, whoever read it; claimed again, it is read anew", () =>
    Effect.gen(function* () {
      const cut = ["a", "b", "c", "d", "e", "f"]
      const { running, here, there } = yield* started({ cut })
      const { unread, ledger } = yield* running.ended
      assert.isTrue(here.size > 0 && there.size > 0)
      assert.deepStrictEqual(
        unread.map(({ source, split, byte, what }) => [source, split, byte, what]).sort(),
        cut.map((split) => ["default", split, 7, "cut off"])
      )
      assert.deepStrictEqual((yield* running.progress).unread, unread)
      assert.deepStrictEqual(Ledger.imbalance(ledger), [])
      const again = yield* started({ cut: ["e"] })
      assert.deepStrictEqual(
        (yield* again.running.ended).unread.map(({ split }) => split),
        ["e"]
      )
    }).pipe(memory, Effect.scoped)
  )

  it.live("that cannot begin, or that end before their time, are told of", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const definition = Exporter.from(source(new Set())).route("crm").to(Remote.destination(remote))
      const broken = yield* reader(Effect.fail({ message: "no such file" }))
      const first = yield* Effect.flatMap(
        Exporter.start(definition, { readers: [broken] }),
        ({ ended }) => ended
      )
      assert.include(first.sourceError?.message, "no such file")
      assert.strictEqual(Remote.idsOf(remote).length, all.length)

      const died = yield* Deferred.make<never, Source.SourceError>()
      const silent: Reading.Reader = {
        port: { postMessage: () => {}, on: () => {} },
        ended: Deferred.await(died)
      }
      const running = yield* Exporter.start(definition, { readers: [silent] })
      yield* Deferred.fail(died, new Source.SourceError({ detail: "the thread is gone" }))
      assert.include((yield* running.ended).sourceError?.message, "the thread is gone")
    }).pipe(memory, Effect.scoped)
  )

  it.live("that die under way while the exporter follows leave nothing unread", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const [stuck, died] = [yield* Deferred.make<void>(), yield* Deferred.make<never, Source.SourceError>()]
      const definitionOf = (who: string) => {
        const found: Source.Source = {
          ...Source.fromArray([]),
          parallel: true,
          run: (intake, run) => {
            let appends = 0
            const append: typeof intake.append = (chunk) =>
              who === "there" && ++appends > 3
                ? Effect.andThen(Deferred.succeed(stuck, undefined), Effect.never)
                : intake.append(chunk)
            const read = readSplits(new Set(), {})({ ...intake, append }, run)
            // Each split is told of once, as by a source that hears of what is new.
            return run.follow ? Effect.andThen(read, Effect.never) : read
          }
        }
        return Exporter.from(found).route("crm").to(Remote.destination(remote))
      }
      const there = yield* reader(Effect.succeed(definitionOf("there")))
      const readers = [{ ...there, ended: Deferred.await(died) }]
      const running = yield* Exporter.start(definitionOf("here"), { readers, follow: true })
      yield* Deferred.await(stuck)
      const isRead = (events: number) =>
        Effect.map(running.ledger, ({ routes }) => (routes["crm"]?.read ?? 0) >= events)
      // What the thread has begun stays its own.
      while (!(yield* isRead(2 * perSplit))) yield* Effect.sleep(5)
      yield* Deferred.fail(died, new Source.SourceError({ detail: "the thread is gone" }))
      while (!(yield* isRead(all.length + splits.length))) yield* Effect.sleep(5)
      while (Remote.idsOf(remote).length < all.length) yield* Effect.sleep(5)
      assert.sameMembers([...Remote.idsOf(remote)], all)
      assert.deepStrictEqual(Ledger.imbalance(yield* running.ledger), [])
    }).pipe(Effect.scoped, memory, Effect.provide(Logger.layer([])))
  )

  it.live("get the memory of messages back that have ended, and write others into it", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const arrived = (events: number): Effect.Effect<void> =>
        Effect.suspend(() =>
          Remote.idsOf(remote).length >= events
            ? Effect.void
            : Effect.andThen(Effect.sleep(5), arrived(events))
        )
      const single = ofOneSplit(
        Stream.mapEffect(Stream.range(0, 19), (index) =>
          Effect.as(
            arrived(index * 10),
            chunkOf(
              index,
              Array.from({ length: 10 }, (_, position) => Remote.event(index * 10 + position))
            )
          )
        )
      )
      const definition = Exporter.from(single)
        .route("crm")
        .to(Remote.destination(remote, { prepare: Remote.whole }))
      let pieces = 0
      const readers = [
        yield* reader(Effect.succeed(definition), (memory) => {
          pieces += memory.length
        })
      ]
      const running = yield* Exporter.start(definition, { readers })
      const { ledger } = yield* running.ended
      assert.isAbove(pieces, 0)
      assert.strictEqual(ledger.routes["crm"]?.delivered["main"], 200)
      assert.deepStrictEqual(
        remote.requests
          .flatMap(({ body }): Array<Event.Event> => JSON.parse(body))
          .toSorted((one, other) => one.time - other.time),
        Remote.events(200)
      )
    }).pipe(memory, Effect.scoped)
  )

  it.live("prepare with the credentials in use, also when these have changed", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const state = { version: 1, reopened: 0 }
      const [changed, more] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const base = Remote.destination(remote)
      const destination = {
        ...base,
        changed: Effect.andThen(
          Deferred.await(changed),
          Effect.suspend(() => (state.version++ < 3 ? Effect.void : Effect.never))
        ),
        open: Effect.map(base.open, (opened) => {
          const { version } = state
          if (version > 1) state.reopened++
          return {
            ...opened,
            prepare: ([event]: readonly [Event.Event, ...ReadonlyArray<Event.Event>]) =>
              Result.succeed(Message.json(event.id, { version }))
          }
        })
      }
      const chunk = (index: number) => chunkOf(index, [Remote.event(index)])
      const single = ofOneSplit(
        Stream.concat(Stream.make(chunk(1)), Stream.fromEffect(Effect.as(Deferred.await(more), chunk(2))))
      )
      const definition = Exporter.from(single).route("crm").to(destination)
      const readers = [yield* reader(Effect.succeed(definition))]
      const running = yield* Exporter.start(definition, { readers })
      while (Remote.idsOf(remote).length < 1) yield* Effect.sleep(5)
      yield* Deferred.succeed(changed, undefined)
      // Here and there.
      while (state.reopened < 2) yield* Effect.sleep(5)
      yield* Deferred.succeed(more, undefined)
      yield* running.ended
      const versions = remote.requests.map(({ body }) => JSON.parse(body)[0].version)
      assert.strictEqual(versions[0], 1)
      assert.isAbove(versions[1], 1)
    }).pipe(memory, Effect.scoped)
  )

  it.live.each([
    { what: "plain data", extra: () => new Date(7) },
    // Prepared anew where it is sent from.
    { what: "what cannot be cloned", extra: () => () => 7 }
  ])("hand over what an author gives beside a message: $what", ({ extra }) =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const metas = new Map<string, unknown>()
      const preparedBy = { here: 0, there: 0 }
      const definitionOf = (who: keyof typeof preparedBy, seen: Set<string>) =>
        Exporter.from(source(seen))
          .route("crm")
          .to(
            Remote.destination(remote, {
              prepare: ([event]) => {
                preparedBy[who]++
                return Result.succeed(
                  Message.json(event.id, event.id, { path: `/of/${event.id}`, extra: extra() })
                )
              },
              answer: (_, batch) => {
                for (const { id, meta } of batch.messages) metas.set(id, meta)
                return undefined
              }
            })
          )
      const there = new Set<string>()
      const readers = [yield* reader(Effect.succeed(definitionOf("there", there)))]
      const running = yield* Exporter.start(definitionOf("here", new Set()), { readers })
      const { ledger } = yield* running.ended
      assert.strictEqual(Ledger.total(ledger, "delivered"), all.length)
      assert.isAbove(there.size, 0)
      assert.isAbove(preparedBy.there, 0)
      assert.sameMembers([...metas.keys()], all)
      for (const [id, meta] of metas) {
        assert.strictEqual(Reflect.get(Object(meta), "path"), `/of/${id}`)
        const found = Reflect.get(Object(meta), "extra")
        assert.strictEqual(typeof found === "function" ? found() : found.getTime(), 7)
      }
    }).pipe(memory, Effect.scoped)
  )

  it.live("may know of a lane sooner than the exporter: it finds what they stored for it", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const [changed, more] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const late = { lanes: [{ name: "main" }, { name: "late" }], assign: () => Destination.to("late") }
      const [before, after] = [Remote.destination(remote), Remote.destination(remote, late)]
      const changing = {
        ...before,
        changed: Effect.flatMap(Deferred.isDone(changed), (isDone) =>
          isDone ? Effect.never : Deferred.await(changed)
        ),
        open: Effect.flatMap(Deferred.isDone(changed), (isDone) => (isDone ? after.open : before.open))
      }
      const single: Source.Source = {
        ...Source.fromArray([]),
        parallel: true,
        run: Source.fromSplits({
          discover: () => Stream.make("only"),
          read: () =>
            Stream.concat(
              Stream.make({ events: [Remote.event(1)], malformed: [], split: "only", checkpoint: "1" }),
              Stream.drain(Stream.fromEffect(Deferred.await(more)))
            )
        })
      }
      const routed = (destination: typeof before) => Exporter.from(single).route("crm").to(destination)
      const readers = [yield* reader(Effect.succeed(routed(after)))]
      const running = yield* Exporter.start(routed(changing), { readers })
      const waiting = Effect.map(running.ledger, ({ routes }) => routes["crm"]?.waiting["late"] ?? 0)
      while ((yield* waiting) < 1) yield* Effect.sleep(5)
      yield* Deferred.succeed(changed, undefined)
      while (Remote.idsOf(remote).length < 1) yield* Effect.sleep(5)
      yield* Deferred.succeed(more, undefined)
      const { ledger } = yield* running.ended
      assert.deepStrictEqual(ledger.routes["crm"]?.delivered, { late: 1 })
    }).pipe(memory, Effect.scoped)
  )

  it.live("are refused together with dedupe", () =>
    Effect.gen(function* () {
      const definition = Exporter.from(source(new Set())).route("crm").to(Remote.destination(Remote.make()))
      const silent: Reading.Reader = { port: { postMessage: () => {}, on: () => {} }, ended: Effect.never }
      const error = yield* Effect.flip(
        Exporter.start({ ...definition, dedupe: "1 day" }, { readers: [silent] })
      )
      assert.include(error.message, "leave out `workers` or `dedupe`")
    }).pipe(memory, Effect.scoped)
  )
})
