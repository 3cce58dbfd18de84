/**
 * Which bearer tokens hold. A token is refused only after the secrets were read again, successfully, later than the request
 * came: Braze never repeats a refused request.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import * as Log from "@millrace/core/Log"
import type { PluginError } from "@millrace/core/Plugin"
import { SourceError } from "@millrace/core/Source"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Semaphore from "effect/Semaphore"
import type { Credentials } from "../Settings.ts"
import type { Tls } from "./listen.ts"

export type Verdict = "accepted" | "refused" | "uncertain"

export interface Tokens {
  readonly judge: (authorization: string | undefined) => Effect.Effect<Verdict>
  readonly tls: Tls | undefined
  /** Reads the credentials again and again; tells of another certificate or key. */
  readonly watch: (renew: (tls: Tls) => Effect.Effect<void>) => Effect.Effect<never>
}

/** How long a token or certificate that was taken away may go on holding. */
const lookEvery = 30_000
/** The least between two readings that wrong tokens bring about, in milliseconds. */
const pause = 1000

interface Known {
  readonly digests: ReadonlyArray<Buffer>
  readonly tls: Tls | undefined
  /** When reading it began. */
  readonly at: number
  /** Whether that could be read; otherwise this is from before. */
  readonly isRead: boolean
}

/** Fails when the credentials cannot be read to begin with. */
export const make = Effect.fnUntraced(function* (
  credentials: Effect.Effect<Credentials, PluginError>
): Effect.fn.Return<Tokens, SourceError> {
  const reading = yield* Semaphore.make(1)
  const first = Effect.mapError(credentials, ({ message }) => new SourceError({ detail: message }))
  let known = knownOf(yield* first, yield* Clock.currentTimeMillis)

  const read = Effect.gen(function* () {
    const at = yield* Clock.currentTimeMillis
    const before = known
    known = yield* Effect.match(credentials, {
      onSuccess: (given) => knownOf(given, at),
      onFailure: () => ({ ...before, at, isRead: false })
    })
    if (known.isRead && !isSame(before.digests, known.digests)) {
      yield* Log.write("receiver-changed", "the bearer tokens have changed: the new ones hold from now on")
    }
    if (before.isRead && !known.isRead) {
      yield* Log.write(
        "receiver-unusable",
        "the credentials cannot be read any more: the former ones go on holding"
      )
    }
  })

  /** Makes sure that the credentials were read later than this. */
  const readAfter = (since: number) =>
    reading.withPermit(
      Effect.gen(function* () {
        // Somebody else's reading will do.
        if (known.at > since) return
        const wait = known.at + pause - (yield* Clock.currentTimeMillis)
        if (wait > 0) yield* Effect.sleep(wait)
        yield* read
      })
    )

  return {
    tls: known.tls,
    judge: Effect.fnUntraced(function* (authorization) {
      const token = tokenOf(authorization)
      if (token === undefined) return "refused"
      const digest = digestOf(token)
      if (isAmong(digest, known)) return "accepted"
      yield* readAfter(yield* Clock.currentTimeMillis)
      if (isAmong(digest, known)) return "accepted"
      return known.isRead ? "refused" : "uncertain"
    }),
    watch: Effect.fnUntraced(function* (renew) {
      let shown = known.tls
      for (;;) {
        yield* Effect.sleep(lookEvery)
        yield* readAfter(yield* Clock.currentTimeMillis)
        const { tls } = known
        if (tls === undefined || (tls.cert === shown?.cert && tls.key === shown.key)) continue
        shown = tls
        yield* renew(tls)
      }
    })
  }
})

export const tlsOf = ({ tls }: Credentials): Tls | undefined =>
  tls === undefined ? undefined : { cert: Redacted.value(tls.certificate), key: Redacted.value(tls.key) }

const knownOf = (given: Credentials, at: number): Known => ({
  digests: [given.token, given.formerToken].flatMap((token) =>
    token === undefined ? [] : [digestOf(Redacted.value(token))]
  ),
  tls: tlsOf(given),
  at,
  isRead: true
})

const tokenOf = (authorization = ""): string | undefined => /^Bearer +(\S+)$/i.exec(authorization)?.[1]

const digestOf = (token: string): Buffer => createHash("sha256").update(token).digest()

/** Looks at every one, and as long at each: how long it takes tells nothing. */
const isAmong = (digest: Buffer, { digests }: Known): boolean =>
  digests.filter((other) => timingSafeEqual(digest, other)).length > 0

const isSame = (some: ReadonlyArray<Buffer>, others: ReadonlyArray<Buffer>): boolean =>
  some.length === others.length && some.every((digest, at) => timingSafeEqual(digest, others[at]!))
