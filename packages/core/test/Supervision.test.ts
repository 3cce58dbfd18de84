import { assert, describe, it } from "@effect/vitest"
import { Catalogue, Exporter, type Intake, Ledger, OutboxMemory, type Running, Source } from "@millrace/core"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Log from "./support/log.ts"
import * as Remote from "./support/remote.ts"
import * as Time from "./support/time.ts"

const { SourceError } = Source
type Kind = NonNullable<Source.SourceError["kind"]>

const perPage = 10

const pageOf = (page: number, first: number): Intake.Chunk => ({
  events: Array.from({ length: perPage }, (_, index) => Remote.event(first + page * perPage + index)),
  malformed: [],
  split: "pages",
  checkpoint: String(page + 1)
})

/** An API of pages; `refuses` says with what it answers a page, if not with the page. */
const pages = (options: {
  readonly first?: number
  readonly pages?: number
  readonly refuses?: (page: number, token: string) => Source.SourceError | undefined
  readonly asked?: Array<number>
}) => {
  const { first = 0, pages: count = 5, refuses = () => undefined, asked = [] } = options
  return Source.plugin({
    name: "test-pages",
    catalogue: Catalogue.any,
    settings: Schema.Struct({}),
    credentials: Schema.Struct({ token: Schema.String }),
    run: (_, credentials) =>
      Effect.fnUntraced(function* (intake, run) {
        const { token } = yield* Effect.orDie(credentials)
        const read = Effect.fnUntraced(function* (after: Option.Option<string>) {
          for (let page = Number(Option.getOrElse(after, () => "0")); page < count; page++) {
            asked.push(page)
            const refusal = refuses(page, token)
            if (refusal !== undefined) return yield* refusal
            yield* intake.append(pageOf(page, first))
          }
        })
        yield* intake.claim("pages", read)
        if (run.follow) return yield* Effect.never
      })
  })
}

/** Credentials that can be changed under way. */
const changing = (token: string) => {
  let now = token
  let changed = Deferred.makeUnsafe<void>()
  return {
    options: {
      settings: {},
      credentials: Effect.sync(() => ({ token: now })),
      credentialsChanged: Effect.suspend(() => Deferred.await(changed))
    },
    change: (next: string) => {
      const before = changed
      now = next
      changed = Deferred.makeUnsafe()
      return Deferred.succeed(before, undefined)
    }
  }
}

const error = (kind: Kind | undefined, detail: string) =>
  new SourceError(kind === undefined ? { detail } : { kind, detail })

const steady = (first: number) => pages({ first })({ credentials: { token: "good" } })

const start = (
  sources: Readonly<Record<string, Source.Source>>,
  remote: Remote.Remote,
  options: Running.StartOptions = {}
) => Exporter.start(Exporter.fromSources(sources).route("crm").to(Remote.destination(remote)), options)

const stateOf = (running: Running.Running, name: string) =>
  Effect.map(running.sources, (found) => found.find(({ source }) => source === name)!)

const memory = Effect.provide(OutboxMemory.layer)

describe("a source that is refused", () => {
  it.effect("waits for other credentials while the others go on, and goes on with these by itself", () => {
    const { lines, layer } = Log.recorded("source", "reason")
    return Effect.gen(function* () {
      const remote = Remote.make()
      const key = changing("old")
      const refused = pages({
        refuses: (page, token) =>
          page >= 2 && token === "old" ? error("unauthorized", "https://api: answered 401") : undefined
      })
      const first = Result.getOrThrow(refused.fromUnknown(key.options))
      const running = yield* start({ first, second: steady(1000) }, remote, { follow: true })
      yield* Time.pass("1 minute")
      const state = yield* stateOf(running, "first")
      assert.strictEqual(state.state, "closed")
      assert.isFalse(state.gate.open)
      assert.strictEqual(state.trouble, "https://api: answered 401")
      assert.isAbove(state.gate.notBefore, state.gate.since)
      assert.strictEqual((yield* stateOf(running, "second")).state, "waiting")
      assert.strictEqual(Remote.idsOf(remote).length, 2 * perPage + 5 * perPage)
      assert.strictEqual(lines.length, 1, lines.join("\n"))
      assert.match(lines[0]!, /^Warn first unauthorized: the source is closed: https:\/\/api: answered 401/)
      yield* key.change("new")
      yield* Time.pass("10 seconds")
      assert.strictEqual((yield* stateOf(running, "first")).state, "waiting")
      assert.strictEqual(new Set(Remote.idsOf(remote)).size, 10 * perPage)
      assert.strictEqual(Remote.idsOf(remote).length, 10 * perPage)
      yield* Time.pass("5 minutes")
      assert.match(lines.at(-1)!, /^Info first : the source reads again, after/)
      assert.include(lines.join("\n"), "Info first : the credentials changed and are in use")
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(OutboxMemory.layer, layer)))
  })

  it.effect("once gets what its run fetched fetched anew, and nobody is told", () => {
    const { lines, layer } = Log.recorded("source")
    return Effect.gen(function* () {
      const remote = Remote.make()
      let isExpired = true
      const expiring = pages({
        refuses: (page) => {
          if (page !== 3 || !isExpired) return undefined
          isExpired = false
          return error("unauthorized", "the token has expired")
        }
      })({ credentials: { token: "x" } })
      const running = yield* start({ first: expiring }, remote, { follow: true })
      yield* Time.pass("1 second")
      assert.strictEqual(Remote.idsOf(remote).length, 5 * perPage)
      assert.strictEqual((yield* stateOf(running, "first")).state, "waiting")
      assert.deepStrictEqual(lines, [])
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(OutboxMemory.layer, layer)))
  })

  it.effect("ends a finite run with what it read delivered, and an error that names it", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const first = pages({
        refuses: (page) => (page >= 2 ? error("unauthorized", "answered 401") : undefined)
      })
      const running = yield* start(
        { first: first({ credentials: { token: "x" } }), second: steady(1000) },
        remote
      )
      yield* Time.pass("10 seconds")
      const { sourceError, ledger, sources } = yield* running.ended
      assert.strictEqual(sourceError?.message, "source first: answered 401")
      assert.deepStrictEqual(
        sources.map(({ state }) => state),
        ["failed", "ended"]
      )
      assert.strictEqual(Ledger.total(ledger, "delivered"), 7 * perPage)
    }).pipe(Effect.scoped, memory)
  )
})

describe("a source that fails", () => {
  it.effect("is run again from its checkpoints, no sooner than the remote asked for", () => {
    const { lines, layer } = Log.recorded("source", "reason")
    return Effect.gen(function* () {
      const remote = Remote.make()
      const asked: Array<number> = []
      let failures = 0
      const failing = pages({
        asked,
        refuses: (page) =>
          page === 3 && failures++ < 1
            ? new SourceError({
                kind: "retry",
                reason: "throttled",
                detail: "answered 429",
                after: "30 seconds"
              })
            : undefined
      })({ credentials: { token: "x" } })
      const running = yield* start({ first: failing, second: steady(1000) }, remote, { follow: true })
      yield* Time.pass("20 seconds")
      const state = yield* stateOf(running, "first")
      assert.strictEqual(state.state, "failing")
      assert.isTrue(state.gate.open)
      assert.strictEqual(state.reason, "throttled")
      assert.isDefined(state.failingSince)
      assert.match(lines[0]!, /^Warn first throttled: the source fails: answered 429; it is run again from/)
      assert.deepStrictEqual(asked, [0, 1, 2, 3])
      yield* Time.pass("20 seconds")
      assert.deepStrictEqual(asked, [0, 1, 2, 3, 3, 4])
      assert.strictEqual(Remote.idsOf(remote).length, 10 * perPage)
      assert.strictEqual((yield* stateOf(running, "first")).state, "waiting")
      yield* Time.pass("3 minutes")
      assert.strictEqual(lines.length, 2, lines.join("\n"))
      assert.match(lines[1]!, /^Info first : the source reads again, after/)
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(OutboxMemory.layer, layer)))
  })

  it.effect("goes on in a finite run when it can be read in time", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      let failures = 0
      // No kind at all: what plugins without one mean.
      const failing = pages({ refuses: () => (failures++ < 3 ? error(undefined, "no answer") : undefined) })
      const running = yield* start({ first: failing({ credentials: { token: "x" } }) }, remote)
      yield* Time.pass("30 seconds")
      const { sourceError, sources } = yield* running.ended
      assert.isUndefined(sourceError)
      assert.strictEqual(sources[0]?.state, "ended")
      assert.strictEqual(Remote.idsOf(remote).length, 5 * perPage)
    }).pipe(Effect.scoped, memory)
  )

  it.effect("for longer than a finite run is patient ends it; the others are read and delivered", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const asked: Array<number> = []
      const failing = pages({ asked, refuses: () => error("retry", "no answer") })
      const sources = { first: failing({ credentials: { token: "x" } }), second: steady(1000) }
      const running = yield* start(sources, remote, { patience: "20 seconds" })
      yield* Time.pass("15 seconds")
      assert.strictEqual((yield* stateOf(running, "first")).state, "failing")
      yield* Time.pass("10 seconds")
      const { sourceError, ledger } = yield* running.ended
      assert.strictEqual(sourceError?.message, "source first: no answer")
      assert.strictEqual(Ledger.total(ledger, "delivered"), 5 * perPage)
      assert.isAbove(asked.length, 3)
      assert.isBelow(asked.length, 30)
    }).pipe(Effect.scoped, memory)
  )

  it.effect("with a defect is run again, too, and what is wrong is told", () => {
    const { lines, layer } = Log.recorded("source", "reason")
    return Effect.gen(function* () {
      const remote = Remote.make()
      let isBroken = true
      const broken = pages({
        refuses: (page) => {
          if (page !== 1 || !isBroken) return undefined
          isBroken = false
          throw new Error("cannot read properties of undefined")
        }
      })({ credentials: { token: "x" } })
      yield* start({ first: broken, second: steady(1000) }, remote, { follow: true })
      yield* Time.pass("2 seconds")
      assert.include(
        lines[0],
        "Warn first defect: the source fails: a defect of the source: cannot read prop"
      )
      assert.strictEqual(Remote.idsOf(remote).length, 10 * perPage)
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(OutboxMemory.layer, layer)))
  })

  it.effect("just when the exporter is stopped is named in its report", () =>
    Effect.gen(function* () {
      const remote = Remote.make()
      const failing = pages({ refuses: () => error("retry", "no answer") })({ credentials: { token: "x" } })
      const running = yield* start({ first: failing, second: steady(1000) }, remote, { follow: true })
      yield* Time.pass("5 seconds")
      yield* running.drain
      assert.strictEqual((yield* running.ended).sourceError?.message, "source first: no answer")
    }).pipe(Effect.scoped, memory)
  )

  it.effect("for good is not run again, and ends an exporter that has no other", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const failing = pages({ asked, refuses: () => error("fatal", "no such stream; see streams") })
      const running = yield* start({ only: failing({ credentials: { token: "x" } }) }, Remote.make(), {
        follow: true
      })
      yield* Time.pass("1 minute")
      const { sourceError } = yield* running.ended
      assert.strictEqual(sourceError?.message, "no such stream; see streams")
      assert.deepStrictEqual(asked, [0])
    }).pipe(Effect.scoped, memory)
  )
})

describe("credentials of a source", () => {
  const followed = Effect.fnUntraced(
    function* (renews: boolean) {
      const key = changing("old")
      const tokens: Array<string> = []
      const plugin = Source.plugin({
        name: "test-follower",
        catalogue: Catalogue.any,
        renews,
        settings: Schema.Struct({}),
        credentials: Schema.Struct({ token: Schema.String }),
        run: (_, credentials) => () =>
          Effect.andThen(
            Effect.map(Effect.orDie(credentials), ({ token }) => tokens.push(token)),
            Effect.never
          )
      })
      const source = Result.getOrThrow(plugin.fromUnknown(key.options))
      yield* start({ only: source }, Remote.make(), { follow: true })
      yield* Time.pass("1 second")
      for (const token of ["newer", "newest"]) {
        yield* key.change(token)
        yield* Time.pass("1 second")
      }
      return tokens
    },
    Effect.scoped,
    memory
  )

  it.effect("are taken up when they change, each time", () =>
    Effect.map(followed(false), (tokens) => assert.deepStrictEqual(tokens, ["old", "newer", "newest"]))
  )

  it.effect("are left to a source that renews them by itself", () =>
    Effect.map(followed(true), (tokens) => assert.deepStrictEqual(tokens, ["old"]))
  )
})

describe("a source that reads on from where another has read on", () => {
  it.effect("outside a claim is run again, and does not end the exporter", () => {
    const { lines, layer } = Log.recorded("source", "reason")
    return Effect.gen(function* () {
      const remote = Remote.make()
      let runs = 0
      const careless: Source.Source = {
        ...Source.fromArray([]),
        run: Effect.fnUntraced(function* (intake) {
          runs++
          if (runs === 2) return yield* Effect.never
          yield* intake.append(pageOf(0, 0))
          // Another reader of the same split.
          yield* Source.fromSplits({
            discover: () => Stream.make("pages"),
            read: () => Stream.make(pageOf(1, 0))
          })(intake, { follow: false })
          yield* intake.append(pageOf(0, 0))
          return yield* Effect.die("an append that was refused has resolved")
        })
      }
      const running = yield* start({ first: careless, second: steady(1000) }, remote, { follow: true })
      yield* Time.pass("5 seconds")
      assert.strictEqual(runs, 2)
      assert.match(lines[0]!, /^Warn first overtaken: /)
      assert.strictEqual((yield* stateOf(running, "second")).state, "waiting")
      assert.strictEqual(Remote.idsOf(remote).length, 7 * perPage)
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(OutboxMemory.layer, layer)))
  })
})
