/** The socket of a running exporter: both ends of it, with operations that take their time. */
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type IncomingMessage, request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Control from "../src/Control.ts"
import { ends, protocol, version } from "../src/internal/place.ts"
import type { Operations } from "../src/Operations.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "millrace-control-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Operations of which `purge` alone does anything. */
const purging = (purge: Operations["purge"]): Operations => {
  const none = () => Effect.die(new Error("was not to be asked"))
  return {
    status: none,
    pause: none,
    listDeadLetters: none,
    pageDeadLetters: none,
    deadLetters: none,
    replay: none,
    purge,
    erase: none,
    replayPast: none,
    backfill: none,
    backfills: none
  }
}

/** A question that is asked by hand; resolves with the head of its answer. */
const asking = (
  directory: string,
  headers: Readonly<Record<string, string>> = { [ends.protocol]: protocol }
) =>
  Effect.callback<IncomingMessage>((resume) => {
    const options = { socketPath: join(directory, "control.sock"), path: "/purge", method: "POST", headers }
    request(options, (response) => resume(Effect.succeed(response))).end("[{}]")
  })

const firstOf = (response: IncomingMessage) =>
  Effect.callback<string>((resume) => void response.once("data", (part) => resume(Effect.succeed(`${part}`))))
const allOf = (response: IncomingMessage) =>
  Effect.promise(async () => Buffer.concat(await response.toArray()).toString())

/** Work that begins, waits to be let go, and may be left off. */
const work = Effect.gen(function* () {
  const gate = yield* Deferred.make<void>()
  const left = yield* Deferred.make<void>()
  const begun = yield* Deferred.make<void>()
  let starts = 0
  const run = Effect.gen(function* () {
    starts++
    yield* Deferred.succeed(begun, undefined)
    yield* Deferred.await(gate)
    return 7
  }).pipe(Effect.onInterrupt(() => Deferred.succeed(left, undefined)))
  return { run, gate, left, begun, starts: () => starts }
})

describe("the control socket", () => {
  it.live("tells that it is at work while a question takes long", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { run, gate } = yield* work
      yield* Control.serve(
        directory,
        purging(() => run)
      )
      const response = yield* asking(directory)
      assert.strictEqual(yield* firstOf(response), "\n")
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(JSON.parse(yield* allOf(response)), { value: 7 })
    })
  )

  it.live("leaves off what nobody waits for any more", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { run, begun, left } = yield* work
      yield* Control.serve(
        directory,
        purging(() => run)
      )
      const caller = yield* Effect.forkChild(Control.connect(directory).purge({}))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(caller)
      yield* Deferred.await(left)
    })
  )

  it.live("begins nothing twice: who asks again waits for the same, and it goes on for him", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { run, gate, begun, starts } = yield* work
      yield* Control.serve(
        directory,
        purging(() => run)
      )
      const first = yield* Effect.forkChild(Control.connect(directory).purge({}))
      yield* Deferred.await(begun)
      const second = yield* asking(directory)
      // By now the second is among those who wait.
      yield* firstOf(second)
      yield* Fiber.interrupt(first)
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(JSON.parse(yield* allOf(second)), { value: 7 })
      assert.strictEqual(starts(), 1)
    })
  )

  it.live("answers with a defect, and logs it", () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => {
      lines.push(String(message))
    })
    return Effect.gen(function* () {
      const directory = yield* folder
      yield* Control.serve(
        directory,
        purging(() => Effect.die(new Error("a thing that cannot be")))
      )
      const { message } = yield* Effect.flip(Control.connect(directory).purge({}))
      assert.include(message, "a defect of this program: a thing that cannot be")
      assert.isTrue(lines.some((line) => line.includes("purge") && line.includes("a thing that cannot be")))
      // And goes on.
      assert.include(
        (yield* Effect.flip(Control.connect(directory).purge({}))).message,
        "a thing that cannot be"
      )
    }).pipe(Effect.provide(Logger.layer([logger])))
  })

  it.live("tells commands of another version which one it is", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* Control.serve(
        directory,
        purging(() => Effect.succeed(1))
      )
      const response = yield* asking(directory, { [ends.protocol]: "99", [ends.version]: "9.1.0" })
      assert.strictEqual(response.statusCode, 500)
      const told = yield* allOf(response)
      assert.include(told, "is 9.1.0")
      assert.include(told, `use the command of version ${version()}`)
      const earlier = yield* asking(directory, {})
      assert.include(yield* allOf(earlier), "of an earlier version")
    })
  )

  it.live("tells the command when the exporter is of another version", () =>
    Effect.gen(function* () {
      for (const headers of [{ [ends.protocol]: "99", [ends.version]: "9.1.0" }, {}]) {
        const directory = yield* folder
        const server = createServer((_, response) => response.writeHead(200, headers).end("[]"))
        yield* Effect.acquireRelease(
          Effect.callback<void>(
            (resume) => void server.listen(join(directory, "control.sock"), () => resume(Effect.void))
          ),
          () => Effect.sync(() => server.close())
        )
        const { message } = yield* Effect.flip(Control.connect(directory).purge({}))
        assert.include(
          message,
          ends.version in headers ? "is Millrace 9.1.0" : "is of an earlier version of Millrace"
        )
      }
    })
  )

  it.live("tells the command when the exporter ends before it answered", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const server = createServer((_, response) => {
        response.writeHead(200, { [ends.protocol]: protocol }).write("\n", () => response.destroy())
      })
      yield* Effect.acquireRelease(
        Effect.callback<void>(
          (resume) => void server.listen(join(directory, "control.sock"), () => resume(Effect.void))
        ),
        () => Effect.sync(() => server.close())
      )
      const { message } = yield* Effect.flip(Control.connect(directory).purge({}))
      assert.include(message, "ended before it answered")
    })
  )
})
