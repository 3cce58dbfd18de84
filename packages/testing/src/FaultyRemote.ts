/**
 * A remote system on this machine that fails on demand: a real HTTP server on a free port, a script of faults for the
 * requests to come, and a record of every request.
 *
 * It listens on 127.0.0.1 only and forwards nothing. Its waits are the `Clock`'s.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { Answer, Exchange, Fault, Request } from "./internal/conformance/exchange.ts"
import { listen } from "./internal/conformance/listen.ts"
import { respond } from "./internal/conformance/respond.ts"

export type { Answer, Exchange, Fault, Request } from "./internal/conformance/exchange.ts"

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
