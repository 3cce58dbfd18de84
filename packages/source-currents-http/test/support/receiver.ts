/** A receiver under test, an intake that keeps what is appended, and ways to send it something. */
import { Buffer } from "node:buffer"
import * as Http from "node:http"
import * as Https from "node:https"
import { connect, type Socket } from "node:net"
import { assert } from "@effect/vitest"
import type { Chunk, Intake } from "@millrace/core/Intake"
import type { PluginError } from "@millrace/core/Plugin"
import { CurrentsHttpSource } from "@millrace/source-currents-http"
import type { Credentials, Settings } from "@millrace/source-currents-http/Settings"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"

export const token = "the-present-token-5c1f9a"
export const formerToken = "the-former-token-9d3e77"
export const tokens = { token: Redacted.make(token), formerToken: Redacted.make(formerToken) }

type Given = typeof Credentials.Encoded

export interface Recorder {
  readonly intake: Intake
  readonly chunks: Array<Chunk>
  /** No append ends while it is closed. */
  readonly door: Latch.Latch
  /** Appends begun. */
  readonly begun: () => number
  isFull: boolean
}

export const recorder = (): Recorder => {
  const chunks: Array<Chunk> = []
  const door = Latch.makeUnsafe(true)
  let begun = 0
  const made: Recorder = {
    chunks,
    door,
    begun: () => begun,
    isFull: false,
    intake: {
      append: Effect.fnUntraced(function* (chunk) {
        begun++
        assert.isUndefined(chunk.split)
        assert.isUndefined(chunk.checkpoint)
        assert.isTrue(chunk.events.length + chunk.malformed.length > 0)
        yield* door.await
        chunks.push(chunk)
      }),
      full: Effect.sync(() => made.isFull),
      claim: () => Effect.die("claimed a split"),
      expect: () => Effect.void,
      unread: () => Effect.void,
      problems: () => Effect.void,
      lag: () => Effect.void,
      present: () => Effect.void
    }
  }
  return made
}

export interface Setup {
  readonly settings?: typeof Settings.Encoded
  readonly credentials?: Given | Effect.Effect<Given, PluginError>
  readonly intake?: Intake
}

/** Starts a receiver on a free port; it is stopped with the scope. */
export const start = Effect.fnUntraced(function* ({ credentials = tokens, intake, settings }: Setup = {}) {
  const recorded = recorder()
  const logs: Array<string> = []
  const told = yield* Deferred.make<CurrentsHttpSource.Address>()
  const plugin = CurrentsHttpSource.plugin({
    onListening: (address) => void Deferred.doneUnsafe(told, Effect.succeed(address))
  })
  const source = plugin({ settings: { port: 0, drainTimeout: "100 millis", ...settings }, credentials })
  const running = yield* source
    .run(intake ?? recorded.intake, { follow: true })
    .pipe(
      Effect.provide(Logger.layer([Logger.make(({ message }) => void logs.push(String(message)))])),
      Effect.forkScoped
    )
  const address = yield* Effect.raceFirst(
    Deferred.await(told),
    Effect.andThen(Fiber.join(running), Effect.die("the receiver ended"))
  )
  return { ...recorded, recorded, logs, running, address, port: address.port }
})

export interface Reply {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
}

export interface Sending {
  readonly path?: string
  readonly method?: string
  /** `null` for none. */
  readonly token?: string | null
  readonly headers?: Http.OutgoingHttpHeaders
  readonly agent?: Http.Agent
  /** Sends no `content-length`. */
  readonly isChunked?: boolean
  /** Speaks TLS and trusts this certificate. */
  readonly authority?: string
}

/** Sends a body, text as it is and everything else as JSON. Status 0 for a connection that broke off. */
export const post = (port: number, body: unknown, sending: Sending = {}): Effect.Effect<Reply> =>
  Effect.callback((resume, signal) => {
    const bytes =
      typeof body === "string" || Buffer.isBuffer(body)
        ? Buffer.from(body)
        : Buffer.from(JSON.stringify(body))
    const {
      agent = false,
      authority,
      headers,
      isChunked = false,
      method = "POST",
      path = "/currents"
    } = sending
    const shown = sending.token === undefined ? token : sending.token
    const options = {
      host: "127.0.0.1",
      port,
      path,
      method,
      agent,
      signal,
      headers: {
        "braze-currents-version": "1",
        "content-type": "application/json",
        ...(shown === null ? {} : { authorization: `Bearer ${shown}` }),
        ...(isChunked ? { "transfer-encoding": "chunked" } : { "content-length": bytes.length }),
        ...headers
      }
    }
    const take = (response: Http.IncomingMessage) => {
      response.resume()
      response.once("close", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers }))
      )
    }
    const request =
      authority === undefined
        ? Http.request(options, take)
        : Https.request({ ...options, agent: false, ca: authority, servername: "localhost" }, take)
    request.on("error", () => resume(Effect.succeed({ status: 0, headers: {} })))
    request.end(bytes)
  })

/** A connection on which a test writes what it likes. */
export const dial = (port: number) =>
  Effect.acquireRelease(
    Effect.callback<Dialled>((resume) => {
      let heard = ""
      let isClosed = false
      const listeners = new Set<() => void>()
      const ring = () => {
        for (const listener of listeners) listener()
      }
      const socket = connect({ port, host: "127.0.0.1" }, () => resume(Effect.succeed(dialled)))
      socket.setEncoding("latin1").on("data", (text: string) => {
        heard += text
        ring()
      })
      socket.on("error", () => undefined)
      socket.on("close", () => {
        isClosed = true
        ring()
      })
      const until = (holds: () => boolean) =>
        Effect.callback<string>((done) => {
          const look = () => {
            if (holds() || isClosed) done(Effect.succeed(heard))
          }
          listeners.add(look)
          look()
          return Effect.sync(() => listeners.delete(look))
        })
      const dialled: Dialled = {
        socket,
        hears: (text) => until(() => heard.includes(text)),
        closed: until(() => false)
      }
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

interface Dialled {
  readonly socket: Socket
  /** What came, once the text is in it or the connection is closed. */
  readonly hears: (text: string) => Effect.Effect<string>
  readonly closed: Effect.Effect<string>
}

/** The head of a request, without a body. */
export const head = (headers: Readonly<Record<string, string | number>>, path = "/currents") =>
  [
    `POST ${path} HTTP/1.1`,
    ...Object.entries({ host: "localhost", authorization: `Bearer ${token}`, ...headers }).map(
      ([name, value]) => `${name}: ${value}`
    ),
    "\r\n"
  ].join("\r\n")

/** Waits until it holds, however long that takes on a machine with much to do. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() =>
    holds()
      ? Effect.void
      : Effect.andThen(
          Effect.callback<void>((resume) => void setTimeout(() => resume(Effect.void), 2)),
          until(holds)
        )
  )

/** Events as Braze posts them. */
export const events = (count: number, name = "event") =>
  Array.from({ length: count }, (_, at) => ({
    event_type: "users.messages.email.Click",
    id: `${name}-${at}`,
    time: 1_782_742_805 + at,
    user: {
      user_id: "66b0c2d4e1f3a5978c0d1e30",
      external_user_id: `customer-${at % 7}`,
      timezone: "America/Denver"
    },
    properties: { app_group_id: "2a1d6c9e", url: "https://shop.example/Größe", link_id: `link-${at}` }
  }))
