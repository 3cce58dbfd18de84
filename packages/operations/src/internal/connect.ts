/**
 * What a command asks of the exporter that owns the state directory, through its socket.
 */
import process from "node:process"
import * as Effect from "effect/Effect"
import { ControlError } from "../ControlError.ts"
import type { Operations } from "../Operations.ts"
import { ends, place, protocol, version } from "./place.ts"

const { request } = process.getBuiltinModule("node:http")

/** Milliseconds without a sign of the exporter: it gives one each second, and may be busy for a while. */
const longestSilence = 60_000

/** The last line of an answer; before it stand empty ones, a sign of work each. */
type Answer = { readonly value?: unknown; readonly error?: string } | undefined

const answerOf = (text: string): Answer => {
  const line = text.trim()
  return line === "" ? undefined : JSON.parse(line)
}

const otherVersion = (theirs: string | undefined) =>
  `the running exporter is ${theirs === undefined ? "of an earlier version of Millrace" : `Millrace ${theirs}`} and this command is ${version()}, which speak differently: use the command of the exporter's version, or start the exporter anew with this one`

/**
 * The operations of the running exporter that owns a state directory.
 *
 * @since 1.0.0
 * @category constructors
 */
export const connect = (directory: string): Operations => {
  const ask = <A>(name: keyof Operations, ...given: ReadonlyArray<unknown>): Effect.Effect<A, ControlError> =>
    Effect.scoped(Effect.flatMap(place(directory), ({ path }) => askAt(path, name, given)))
  const askAt = <A>(
    socketPath: string,
    name: keyof Operations,
    given: ReadonlyArray<unknown>
  ): Effect.Effect<A, ControlError> =>
    Effect.callback((resume) => {
      const fail = (message: string) => resume(Effect.fail(new ControlError({ message })))
      const headers = { [ends.protocol]: protocol, [ends.version]: version() }
      const options = { socketPath, path: `/${name}`, method: "POST", timeout: longestSilence, headers }
      const outgoing = request(options, (response) => {
        const { [ends.protocol]: theirs, [ends.version]: theirVersion } = response.headers
        if (theirs !== protocol) {
          fail(otherVersion(theirVersion?.toString()))
          return outgoing.destroy()
        }
        const parts: Array<Buffer> = []
        response.on("data", (part: Buffer) => parts.push(part))
        response.on("end", () => {
          const answer = answerOf(Buffer.concat(parts).toString("utf8"))
          if (answer === undefined) fail("the running exporter ended before it answered; try again")
          else if (answer.error === undefined) resume(Effect.succeed(answer.value as A))
          else fail(`the running exporter could not do it: ${answer.error}`)
        })
        response.on("error", ({ message }) =>
          fail(`the running exporter ended before it answered (${message}); try again`)
        )
      })
      outgoing.on("timeout", () => outgoing.destroy(new Error("not a word for too long")))
      // It may just be starting, or ending.
      outgoing.on("error", ({ message }) =>
        fail(`the running exporter did not answer (${message}); try again`)
      )
      outgoing.end(JSON.stringify(given))
      // The exporter notices, and leaves off what nobody else has asked of it.
      return Effect.sync(() => outgoing.destroy())
    })
  return {
    status: () => ask("status"),
    pause: (lane, paused) => ask("pause", lane, paused),
    listDeadLetters: (filter, most) => ask("listDeadLetters", filter, most),
    pageDeadLetters: (filter, after, most) => ask("pageDeadLetters", filter, after, most),
    deadLetters: (filter, after) => ask("deadLetters", filter, after),
    replay: (filter) => ask("replay", filter),
    purge: (filter) => ask("purge", filter),
    erase: (user) => ask("erase", user),
    replayPast: (past) => ask("replayPast", past),
    backfill: (backfill) => ask("backfill", backfill),
    backfills: () => ask("backfills")
  }
}
