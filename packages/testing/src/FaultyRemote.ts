/**
 * A remote system on this machine that fails on demand: a real HTTP server on a free port, a script of faults for the
 * requests to come, and a record of every request.
 *
 * It listens on 127.0.0.1 only and forwards nothing. Its waits are the `Clock`'s.
 *
 * @since 1.0.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { listen } from "./internal/conformance/listen.ts"
import { respond } from "./internal/conformance/respond.ts"

/**
 * A request, wholly read.
 *
 * @since 1.0.0
 * @category models
 */
export interface Request {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** By lower-case name; repeated ones are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  /** As text, unpacked when `content-encoding` says it is packed. */
  readonly body: string
}

/**
 * What a request is answered with.
 *
 * @since 1.0.0
 * @category models
 */
export interface Answer {
  readonly status: number
  /** `content-type` is `application/json` unless it is given here, where there is a body. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * What happens to one request. A request is handled when `Options.answer` was asked about it: then a remote has acted
 * on it, whatever its sender gets to see.
 *
 * - `answer`: this answer; not handled.
 * - `reset-before`: the connection is reset without an answer; not handled.
 * - `reset-after`: handled, then reset without an answer.
 * - `cut-answer`: handled; the head and a part of the body are sent, then the connection is reset.
 * - `nonsense`: bytes that are no HTTP, and the end of the connection; not handled.
 * - `hang`: never answered; not handled.
 * - `slow-answer`: handled at once, answered after `wait`.
 * - `slow-body`: handled; the head at once, the body in pieces over `wait`.
 * - `endless-body`: handled; a body that goes on until the connection is closed.
 *
 * @since 1.0.0
 * @category models
 */
export type Fault =
  | { readonly kind: "answer"; readonly answer: Answer }
  | {
      readonly kind: "reset-before" | "reset-after" | "cut-answer" | "nonsense" | "hang" | "endless-body"
    }
  | { readonly kind: "slow-answer" | "slow-body"; readonly wait: Duration.Input }

/**
 * A request and what became of it.
 *
 * @since 1.0.0
 * @category models
 */
export interface Exchange {
  readonly request: Request
  readonly fault: Fault | undefined
  /** What the request was handled with; `undefined` when it was not. */
  readonly answer: Answer | undefined
  /** Requests under way when it had come in, itself among them. */
  readonly abreast: number
  /**
   * `answered` in full; `broken` off by a fault; `given-up` by the sender, who closed the connection before the answer
   * was complete; until then `open`.
   */
  readonly state: "open" | "answered" | "broken" | "given-up"
  /** Bytes of the answer's body that went out. */
  readonly sent: number
}

/**
 * How the remote answers while all is well, and which requests the faults are for.
 *
 * @since 1.0.0
 * @category models
 */
export interface Options {
  /** The answer to a request that is handled; 200 without a body by default. */
  readonly answer?: (request: Request) => Answer
  /** Whether a request meets the faults of the script; all do by default. */
  readonly meetsFaults?: (request: Request) => boolean
}

/**
 * A remote that is running.
 *
 * @since 1.0.0
 * @category models
 */
export interface FaultyRemote {
  /** Scheme, host and port. */
  readonly origin: string
  /** The faults of the next requests, one each, in place of what is left of an earlier script. After them all is well. */
  readonly script: (faults: ReadonlyArray<Fault>) => void
  /** Every request since the start, as it stands now. */
  readonly exchanges: () => ReadonlyArray<Exchange>
  /** Connections that are open now. */
  readonly connections: () => number
}

/**
 * A remote that is there until the scope closes.
 *
 * @since 1.0.0
 * @category constructors
 */
export const start = Effect.fn("FaultyRemote.start")(function* (
  options: Options = {}
): Effect.fn.Return<FaultyRemote, never, Scope.Scope> {
  const { answer = () => ({ status: 200 }), meetsFaults = () => true } = options
  const fork = yield* FiberSet.makeRuntime<never>()
  const exchanges: Array<Exchange> = []
  let script: ReadonlyArray<Fault> = []

  const nextFault = (request: Request): Fault | undefined => {
    if (script.length === 0 || !meetsFaults(request)) return undefined
    const [fault, ...rest] = script
    script = rest
    return fault
  }

  const server = yield* listen((request, response) => {
    const fault = nextFault(request)
    const underWay = exchanges.filter(({ state }) => state === "open").length
    const at = exchanges.length
    exchanges.push({ request, fault, answer: undefined, abreast: underWay + 1, state: "open", sent: 0 })
    const note = (news: Partial<Exchange>) => {
      exchanges[at] = { ...exchanges[at]!, ...news }
    }
    fork(respond(response, { fault, handle: () => answer(request), note }))
  })
  return {
    origin: server.origin,
    connections: server.connections,
    script: (faults) => {
      script = faults
    },
    exchanges: () => [...exchanges]
  }
})
