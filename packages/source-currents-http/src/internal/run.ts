/** The receiver at work: listens until it is interrupted, then lets what is under way end, within a bound. */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Intake } from "@millrace/core/Intake"
import * as Log from "@millrace/core/Log"
import type { PluginError } from "@millrace/core/Plugin"
import type { SourceError } from "@millrace/core/Source"
import type { BrazeEvent } from "@millrace/events-braze"
import type { UnknownEvent } from "@millrace/events-braze/Braze"
import * as ByteSize from "effect/ByteSize"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { Credentials, Settings } from "../Settings.ts"
import * as Answer from "./answer.ts"
import * as Connections from "./connections.ts"
import * as Listen from "./listen.ts"
import * as Notices from "./notices.ts"
import { type Receiver, receive } from "./receive.ts"
import * as Room from "./room.ts"
import * as Storing from "./storing.ts"
import * as Tokens from "./tokens.ts"

export interface Options {
  readonly settings: Settings
  readonly credentials: Effect.Effect<Credentials, PluginError>
  readonly intake: Intake<BrazeEvent | UnknownEvent>
  readonly onListening: (address: Listen.Address) => void
}

/** How many of the largest bodies a client may send that has its answer already. */
const readPast = 4

export const run = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<void, SourceError, Scope.Scope> {
  const { intake, settings } = options
  const tokens = yield* Tokens.make(options.credentials)
  const notices = Notices.make(settings.connections)
  const connections = Connections.make(settings.connections, notices.closed)
  const failure = yield* Deferred.make<never, SourceError>()
  const underWay = yield* FiberSet.make<void>()
  const fork = yield* FiberSet.runtime(underWay)()
  const bodyBytes = ByteSize.toNumberUnsafe(settings.bodySize)
  const receiver: Receiver = {
    path: settings.urlPath,
    healthPath: settings.healthPath,
    tokens,
    connections,
    intake,
    room: Room.make({ requests: settings.concurrency, bytes: bodyBytes }),
    storing: yield* Storing.make(intake),
    unpacking: yield* Semaphore.make(1),
    bodyBytes,
    storeTimeout: settings.storeTimeout
  }
  let isStopping = false

  const serve = Effect.fnUntraced(function* (
    request: IncomingMessage,
    response: ServerResponse,
    proceed?: () => void
  ) {
    let isAsked = proceed === undefined
    const answer = isStopping
      ? Answer.stopping
      : yield* Effect.catchDefect(
          receive(receiver, request, () => {
            isAsked = true
            proceed?.()
          }),
          (defect) => Effect.as(Effect.logDebug("a request failed", defect), Answer.failed)
        )
    if (answer !== Answer.ok && answer !== Answer.brokenOff) yield* notices.tell(answer)
    // A client that was not asked for its body may send it all the same, or another request.
    const isLast = isStopping || !isAsked || Answer.toStrangers.has(answer)
    yield* Answer.send(answer, request, response, readPast * bodyBytes, isLast)
  })

  const server = yield* Effect.acquireRelease(
    Listen.listen({
      settings,
      tls: tokens.tls,
      connections,
      take: (request, response, proceed) => void fork(serve(request, response, proceed)),
      onFailure: (error) => Deferred.doneUnsafe(failure, Effect.fail(error))
    }),
    Effect.fnUntraced(function* (listening) {
      isStopping = true
      yield* listening.stop
      yield* Effect.timeoutOption(FiberSet.awaitEmpty(underWay), settings.drainTimeout)
      yield* listening.close
    })
  )
  const advice =
    tokens.tls === undefined ? " (Braze posts to HTTPS alone: a proxy in front is to speak it)" : ""
  yield* Log.write("receiver-listening", `listening for Braze Currents on ${server.address.url}${advice}`)
  options.onListening(server.address)
  yield* Effect.forkScoped(notices.tellClosed)
  yield* Effect.raceFirst(
    Deferred.await(failure),
    tokens.watch((tls) =>
      Effect.matchEffect(server.renew(tls), {
        onFailure: (why) =>
          Log.write("receiver-unusable", `the changed ${why}; the former ones go on holding`),
        onSuccess: () =>
          Log.write("receiver-changed", "the certificate has changed: new connections are shown the new one")
      })
    )
  )
}, Effect.scoped)
