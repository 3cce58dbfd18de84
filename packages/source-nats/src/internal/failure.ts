/** What a server said, or did not, as the line that an operator reads. */
import { SourceError } from "@millrace/core/Source"
import { codeOf } from "@millrace/core/Thrown"
import { JetStreamApiCodes, JetStreamApiError, JetStreamError } from "@nats-io/jetstream"
import { errors } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"

/** What is asked for, for the errors that name it. */
export interface Asked {
  /** The servers, as they are configured. */
  readonly servers: string
  readonly stream: string
  readonly consumer: string
}

export const refused = (reason: string, detail: string): SourceError =>
  new SourceError({ kind: "retry", reason, detail })

const unauthorized = (reason: string, detail: string): SourceError =>
  new SourceError({ kind: "unauthorized", reason, detail })

const codes = new Map<number, "stream" | "consumer">([
  [JetStreamApiCodes.StreamNotFound, "stream"],
  [JetStreamApiCodes.ConsumerNotFound, "consumer"]
])

/** The one that stands behind others, such as that of the socket. */
const rootOf = (cause: unknown): unknown =>
  cause instanceof Error && cause.cause instanceof Error ? rootOf(cause.cause) : cause

const missing = (what: "stream" | "consumer", { consumer, servers, stream }: Asked): SourceError =>
  what === "stream"
    ? refused("no-stream", `stream ${stream} is not there at ${servers}: make it, or correct settings.stream`)
    : refused(
        "no-consumer",
        `consumer ${consumer} of stream ${stream} was deleted while it was read: it is made again at the last message that is stored; another exporter must not have the same consumer`
      )

export const failure =
  (asked: Asked) =>
  (cause: unknown): SourceError => {
    const { consumer, servers, stream } = asked
    if (cause instanceof SourceError) return cause
    const refusal = refusalOf(servers, rootOf(cause)) ?? refusalOf(servers, cause)
    if (refusal !== undefined) return refusal
    if (cause instanceof JetStreamApiError) {
      const what = codes.get(cause.code)
      if (what !== undefined) return missing(what, asked)
      if (cause.code !== JetStreamApiCodes.JetStreamNotEnabledForAccount)
        return refused(
          "refused",
          `${servers} refuses consumer ${consumer} of stream ${stream}: ${cause.message} (code ${cause.code})`
        )
    }
    if (cause instanceof JetStreamApiError || isName(cause, "JetStreamNotEnabled"))
      return refused(
        "no-jetstream",
        `${servers} has no JetStream for this account now: switch it on there, or wait until its cluster has a leader`
      )
    if (cause instanceof JetStreamError)
      return /deleted/.test(cause.message)
        ? missing("consumer", asked)
        : refused(
            "refused",
            `${servers} refuses to hand out messages of consumer ${consumer}: ${cause.message}`
          )
    return refused("unreachable", `${servers} does not answer (${saidBy(cause)}): it is tried again`)
  }

const refusalOf = (servers: string, cause: unknown): SourceError | undefined => {
  if (cause instanceof errors.AuthorizationError || cause instanceof errors.UserAuthenticationExpiredError)
    return unauthorized("unauthorized", `${servers} refuses the credentials: check them`)
  if (cause instanceof errors.PermissionViolationError) {
    const verb = cause.operation === "publish" ? "publish to" : "subscribe to"
    return unauthorized(
      "not-permitted",
      `${servers} does not let this user ${verb} ${cause.subject}: allow it`
    )
  }
  return isAboutTls(cause)
    ? refused(
        "tls",
        `${servers} cannot be trusted (${saidBy(cause)}): give its authority as credentials.tls.authority, or correct the servers' names`
      )
    : undefined
}

/** Of classes that the client does not hand out. */
const isName = (cause: unknown, name: string): boolean => cause instanceof Error && cause.name === name

const isAboutTls = (cause: unknown): boolean =>
  cause instanceof Error &&
  (/CERT|SSL|TLS|SELF_SIGNED|ISSUER/.test(codeOf(cause)) || /\btls\b|certificate/i.test(cause.message))

/** A code where there is one; texts of this client hold no secrets, and are short. */
const saidBy = (cause: unknown): string => {
  const root = rootOf(cause)
  const code = codeOf(root)
  if (/^[A-Z][A-Z0-9_]+$/.test(code)) return code
  return root instanceof Error && root.message !== "" ? root.message : "the connection broke off"
}

/** Asks the server; `close` is called when the answer is not waited for any more. */
export const ask = <A>(
  asked: Asked,
  request: (signal: AbortSignal) => Promise<A>
): Effect.Effect<A, SourceError> => Effect.tryPromise({ try: request, catch: failure(asked) })
