/** Opens a channel to an origin: its connections, its limits and its proxy. */
import { AnswerBytes, mostAnswerBytes, Timeouts } from "@millrace/core/Policy"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { ClientCertificate } from "../ClientCertificate.ts"
import { TransportError } from "../TransportError.ts"
import { Broken } from "./broken.ts"
import type { Channel, Options, Response } from "./channel.ts"
import type { Target } from "./connect.ts"
import { Connections } from "./connections.ts"
import { exchange } from "./exchange.ts"
import { isSecure } from "./origin.ts"
import { type HttpProxy, proxyOf } from "./proxy.ts"
import { refusalOf } from "./refusal.ts"

/** The longest timer that Node has; limits below a millisecond, or none, are no limits to it. */
const longest = 2 ** 31 - 1

const limit = (given: Duration.Input | undefined, otherwise: number): number =>
  Math.min(longest, Math.max(1, Math.ceil(given === undefined ? otherwise : Duration.toMillis(given))))

/** What the author of a plugin gave goes before what the operator gave. */
const limitsOf = ({ connect, headers, body }: Options, policy: Timeouts): Timeouts => ({
  connect: limit(connect, policy.connect),
  headers: limit(headers, policy.headers),
  body: limit(body, policy.body)
})

export const openPool = (given: string, options: Options = {}): Effect.Effect<Channel, never, Scope.Scope> =>
  Effect.flatMap(Effect.zip(Timeouts, AnswerBytes), ([policy, usual]) => {
    const origin = new URL(given)
    const limits = limitsOf(options, policy)
    return Result.match(proxyOf(origin, process.env), {
      onSuccess: (proxy) => pooled(origin, proxy, limits, boundOf(options, usual), options),
      onFailure: (code) => {
        const error = Effect.fail(errorOf(origin, new Broken("proxy", code)))
        return Effect.succeed<Channel>({ send: () => error })
      }
    })
  })

/** What the author of a plugin gave goes before what the destination's limits say. */
const boundOf = ({ answerBytes }: Options, usual: number): number =>
  Math.min(mostAnswerBytes, Math.max(0, Math.floor(answerBytes ?? usual)))

const pooled = (
  origin: URL,
  proxy: HttpProxy | undefined,
  limits: Timeouts,
  answerBytes: number,
  { clientCertificate, connections = 8 }: Options
): Effect.Effect<Channel, never, Scope.Scope> => {
  const identity = clientCertificate === undefined ? {} : identityOf(clientCertificate)
  // A proxy is asked for what is not secret; the rest goes through a tunnel, which knows nothing of it.
  const asked = isSecure(origin) ? undefined : proxy
  const pool = Effect.acquireRelease(
    Effect.sync(() => new Connections({ origin, proxy, limit: limits.connect, identity }, connections)),
    (agent) => Effect.sync(() => agent.destroy())
  )
  const headers = {
    host: origin.host,
    "accept-encoding": "identity",
    ...(asked?.authorization !== undefined && { "proxy-authorization": asked.authorization })
  }
  const prefix = asked === undefined ? "" : origin.origin
  const failed = (broken: Broken) => Effect.fail(errorOf(origin, broken))
  return Effect.map(Effect.zip(pool, Semaphore.make(connections)), ([agent, turns]): Channel => {
    const closed = new Broken("aborted", "closed")
    const settled = (result: Response | Broken) => {
      if (result instanceof Broken) return failed(agent.isClosed ? closed : result)
      const refusal = refusalOf(result, origin, asked)
      return refusal === undefined ? Effect.succeed(result) : failed(refusal)
    }
    const send: Channel["send"] = (request) =>
      Effect.callback((resume) => {
        if (agent.isClosed) return resume(failed(closed))
        try {
          return Effect.sync(
            exchange({ agent, answerBytes, headers, limits, prefix }, request, (result) =>
              resume(settled(result))
            )
          )
        } catch (cause) {
          return resume(failed(Broken.of(cause)))
        }
      })
    return { send: (request) => turns.withPermit(send(request)) }
  })
}

const identityOf = ({ certificate, key, passphrase }: ClientCertificate): Target["identity"] => ({
  cert: Redacted.value(certificate),
  key: Redacted.value(key),
  ...(passphrase !== undefined && { passphrase: Redacted.value(passphrase) })
})

/** What is shown holds no credentials, even when the origin was given with some. */
const errorOf = ({ origin }: URL, { code, proxy, reason }: Broken): TransportError =>
  new TransportError({ origin, reason, code, ...(proxy !== undefined && { proxy }) })
