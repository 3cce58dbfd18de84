/** One request: everything that can be told without its body first, then the body, then the outbox. */
import type { IncomingMessage } from "node:http"
import type { Intake } from "@millrace/core/Intake"
import type { BrazeEvent } from "@millrace/events-braze"
import type { UnknownEvent } from "@millrace/events-braze/Braze"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Semaphore from "effect/Semaphore"
import * as Answer from "./answer.ts"
import * as Body from "./body.ts"
import * as Chunks from "./chunks.ts"
import type { Connections } from "./connections.ts"
import type { Place, Room } from "./room.ts"
import type { Storing } from "./storing.ts"
import type { Tokens } from "./tokens.ts"

export interface Receiver {
  readonly path: string
  readonly healthPath: string
  readonly tokens: Tokens
  readonly connections: Connections
  readonly intake: Intake<BrazeEvent | UnknownEvent>
  readonly room: Room
  readonly storing: Storing
  /** One body is unpacked at a time: how much will come out of it is not known before. */
  readonly unpacking: Semaphore.Semaphore
  readonly bodyBytes: number
  readonly storeTimeout: Duration.Duration
}

/** `proceed` lets the body come. */
export const receive = Effect.fnUntraced(function* (
  receiver: Receiver,
  request: IncomingMessage,
  proceed: () => void
): Effect.fn.Return<Answer.Answer> {
  const path = request.url?.split("?", 1)[0]
  if (path === receiver.healthPath && isLooking(request)) return Answer.ok
  if (path !== receiver.path) return Answer.notFound
  if (request.method !== "POST") return Answer.methodNotAllowed
  const verdict = yield* receiver.tokens.judge(request.headers.authorization)
  if (verdict === "refused") return Answer.unauthorized
  if (verdict === "uncertain") return Answer.uncertain
  receiver.connections.trust(request.socket)
  const size = declaredSize(request)
  if (size === 0) return Answer.ok
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? ""
  if (!encodings.has(encoding)) return Answer.unsupported
  if (size > receiver.bodyBytes) return Answer.tooLarge
  if (yield* receiver.intake.full) return Answer.full
  return yield* Effect.acquireUseRelease(
    Effect.sync(() => receiver.room.enter(size)),
    (place) => {
      if (place === undefined) return Effect.succeed(Answer.crowded)
      proceed()
      return store(receiver, request, encodings.get(encoding) === "gzip", place)
    },
    (place) => Effect.sync(() => place?.leave())
  )
})

const isLooking = ({ method }: IncomingMessage): boolean => method === "GET" || method === "HEAD"

const encodings: ReadonlyMap<string, "plain" | "gzip"> = new Map([
  ["", "plain"],
  ["identity", "plain"],
  ["gzip", "gzip"],
  ["x-gzip", "gzip"]
])

/** As far as the head tells: a body that comes in pieces has any size, and is taken for one byte. */
const declaredSize = ({ headers }: IncomingMessage): number =>
  headers["transfer-encoding"] === undefined ? Number(headers["content-length"] ?? 0) : 1

const store = Effect.fnUntraced(function* (
  { bodyBytes, storeTimeout, storing, unpacking }: Receiver,
  request: IncomingMessage,
  isGzip: boolean,
  place: Place
): Effect.fn.Return<Answer.Answer, Answer.Answer> {
  const packed = yield* Body.collect(request, bodyBytes, place)
  const content = isGzip
    ? yield* unpacking.withPermit(unpacked(packed, bodyBytes, place))
    : Chunks.ofBody(packed)
  if (Option.isNone(content)) return Answer.tooLarge
  if (!Chunks.holdsAnything(content.value)) return Answer.ok
  const stored = yield* Effect.timeoutOption(storing.store(content.value), storeTimeout)
  return Option.isSome(stored) ? Answer.ok : Answer.notStored
}, Effect.catch(Effect.succeed))

const unpacked = Effect.fnUntraced(function* (packed: Buffer, bodyBytes: number, place: Place) {
  const found = yield* Body.unpack(packed, bodyBytes)
  if (found._tag === "Damaged") return Chunks.damaged(packed, "malformed", "the body is not gzip, or cut off")
  if (found._tag === "TooLarge") return yield* Effect.fail(Answer.tooLarge)
  if (!place.grow(found.bytes.length)) return yield* Effect.fail(Answer.crowded)
  return Chunks.ofBody(found.bytes)
})
