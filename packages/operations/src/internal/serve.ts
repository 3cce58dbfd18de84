/**
 * The local socket of a running exporter, in its state directory: other commands reach it there.
 *
 * A question is `POST /<operation>` with its arguments as a JSON array. The answer is one line of JSON, `{ value }` or
 * `{ error }`; while it is worked on, an empty line comes each second.
 */
import { chmodSync, rmSync } from "node:fs"
import type { IncomingMessage, ServerResponse } from "node:http"
import process from "node:process"
import * as Log from "@millrace/core/Log"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { ControlError } from "../ControlError.ts"
import type { OperationError, Operations } from "../Operations.ts"
import { beat, ends, notOpened, place, protocol, version } from "./place.ts"

const { createServer } = process.getBuiltinModule("node:http")

/** The longest question: a filter with many ids. */
const longestBody = 1024 * 1024

const readBody = (incoming: IncomingMessage): Promise<string> =>
  new Promise((resolve, reject) => {
    const parts: Array<Buffer> = []
    let length = 0
    incoming.on("data", (part: Buffer) => {
      length += part.length
      if (length > longestBody) incoming.destroy(new Error("the question is too long"))
      else parts.push(part)
    })
    incoming.on("end", () => resolve(Buffer.concat(parts).toString("utf8")))
    incoming.on("error", reject)
  })

/** What several callers may wait for. */
interface UnderWay {
  readonly fiber: Fiber.Fiber<unknown, OperationError>
  callers: number
}

/** Work by question: one that is asked again while it is worked on is not begun twice. */
const sharing = (operations: Operations) => {
  const underWay = new Map<string, UnderWay>()
  const perform = (name: string, body: string): Effect.Effect<unknown, OperationError> => {
    const operation = Object.entries(operations).find(([key]) => key === name)?.[1]
    if (operation === undefined) {
      return Effect.fail(new ControlError({ message: `there is no operation ${name}` }))
    }
    // Both ends speak the same protocol: the arguments are those that `connect` gave.
    return Effect.suspend(() => Reflect.apply(operation, undefined, JSON.parse(body)))
  }
  const begin = (name: string, body: string) =>
    Effect.suspend(() => {
      const key = `${name} ${body}`
      const found = underWay.get(key)
      if (found !== undefined) {
        found.callers++
        return Effect.succeed({ key, shared: found })
      }
      const work = Effect.ensuring(
        perform(name, body),
        Effect.sync(() => underWay.delete(key))
      )
      return Effect.map(Effect.forkDetach(work), (fiber) => {
        const shared: UnderWay = { fiber, callers: 1 }
        if (fiber.pollUnsafe() === undefined) underWay.set(key, shared)
        return { key, shared }
      })
    })
  /** When the last caller has gone, so has the reason for it. */
  const leave = ({ key, shared }: { readonly key: string; readonly shared: UnderWay }) =>
    Effect.suspend(() => {
      shared.callers--
      if (shared.callers > 0) return Effect.void
      if (underWay.get(key) === shared) underWay.delete(key)
      return Fiber.interrupt(shared.fiber)
    })
  return (name: string, body: string): Effect.Effect<unknown, OperationError> =>
    Effect.acquireUseRelease(begin(name, body), ({ shared: { fiber } }) => Fiber.join(fiber), leave)
}

/** The line that answers; a defect is logged, too. */
const lineOf = (name: string, exit: Exit.Exit<unknown, OperationError>): Effect.Effect<string> => {
  if (Exit.isSuccess(exit)) return Effect.sync(() => JSON.stringify({ value: exit.value }))
  const failure = Cause.findErrorOption(exit.cause)
  if (Option.isSome(failure)) return Effect.succeed(JSON.stringify({ error: failure.value.message }))
  const defect = Cause.squash(exit.cause)
  const message = defect instanceof Error ? defect.message : String(defect)
  return Effect.as(
    Log.write("defect", `a defect of this program while it was asked for ${name}: ${message}`),
    JSON.stringify({ error: `a defect of this program: ${message}; its log tells more` })
  )
}

const answerTo = Effect.fnUntraced(function* (
  ask: ReturnType<typeof sharing>,
  incoming: IncomingMessage,
  response: ServerResponse
) {
  const name = incoming.url?.slice(1) ?? ""
  response.setHeader(ends.protocol, protocol)
  response.setHeader(ends.version, version())
  if (incoming.headers[ends.protocol] !== protocol) {
    const theirs = incoming.headers[ends.version]
    const message = `this exporter is Millrace ${version()} and the command ${theirs === undefined ? "of an earlier version" : `is ${theirs}`}, which speak differently: use the command of version ${version()}`
    return response.writeHead(500).end(message)
  }
  const body = yield* Effect.tryPromise({
    try: () => readBody(incoming),
    catch: () => new ControlError({ message: "no question" })
  })
  response.writeHead(200, { "content-type": "application/json" }).flushHeaders()
  const beating = Effect.forever(
    Effect.andThen(
      Effect.sleep(beat),
      Effect.sync(() => response.write("\n"))
    )
  )
  const exit = yield* Effect.exit(Effect.raceFirst(ask(name, body), beating))
  if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) return response.destroy()
  return response.end(`${yield* lineOf(name, exit)}\n`)
})

/**
 * Answers in the state directory until the scope closes. The directory's lock makes this the only one.
 *
 * @since 1.0.0
 * @category constructors
 */
export const serve: (
  directory: string,
  operations: Operations
) => Effect.Effect<void, ControlError, Scope.Scope> = Effect.fnUntraced(function* (directory, operations) {
  const { path } = yield* place(directory)
  const context = yield* Effect.context<never>()
  const ask = sharing(operations)
  const answering = new Set<Fiber.Fiber<unknown, unknown>>()
  const answer = (incoming: IncomingMessage, response: ServerResponse) => {
    const fiber = Effect.runForkWith(context)(
      Effect.catchCause(answerTo(ask, incoming, response), (cause) =>
        Effect.andThen(
          Cause.hasInterruptsOnly(cause)
            ? Effect.void
            : Effect.annotateLogs(Effect.logError("a question has failed", cause), { event: "defect" }),
          Effect.sync(() => response.destroy())
        )
      )
    )
    answering.add(fiber)
    fiber.addObserver(() => void answering.delete(fiber))
    // Also when the caller has gone.
    response.once("close", () => fiber.interruptUnsafe())
  }
  yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>, ControlError>((resume) => {
      // Left by an exporter that was killed; its lock is gone, so nobody listens there.
      rmSync(path, { force: true })
      const server = createServer(answer)
      server.once("error", (cause) => resume(Effect.fail(notOpened(directory, cause))))
      server.listen(path, () => {
        // The directory keeps others out; should it be opened up, the socket still does.
        chmodSync(path, 0o600)
        resume(Effect.succeed(server))
      })
    }),
    (server) =>
      Effect.andThen(
        Fiber.interruptAll(answering),
        Effect.callback<void>((resume) => {
          server.closeAllConnections()
          server.close(() => resume(Effect.void))
        })
      )
  )
})
