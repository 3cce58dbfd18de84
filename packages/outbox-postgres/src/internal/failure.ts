/** What PostgreSQL or the network refused, and what the outbox says of it. */
import { OutboxError } from "@millrace/core/Outbox"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"

/**
 * `Conflict` passes when the transaction is tried again, `Away` when the server is there again, `Denied` when somebody corrects the
 * address or a right. `Refused` is all else.
 */
export class SqlFailure extends Data.TaggedError("SqlFailure")<{
  readonly kind:
    | "Conflict"
    | "Away"
    | "ReadOnly"
    | "Denied"
    | "Untrusted"
    | "Full"
    | "Damaged"
    | "Missing"
    | "Refused"
  /** The server's own code, empty when the server said nothing. */
  readonly code: string
  readonly detail: string
}> {}

const passing: ReadonlySet<SqlFailure["kind"]> = new Set(["Away", "ReadOnly", "Denied", "Untrusted"])

/** Whether it may pass by itself, or with another address. */
export const mayPass = ({ kind }: SqlFailure): boolean => passing.has(kind)

/** By codes of https://www.postgresql.org/docs/current/errcodes-appendix.html, or by their first two letters. */
const kinds: ReadonlyArray<readonly [kind: SqlFailure["kind"], codes: ReadonlyArray<string>]> = [
  ["Conflict", ["40001", "40P01", "55P03"]],
  // A server that starts, stops, has no connection left, or ended a transaction that stood still.
  ["Away", ["08", "57", "53300", "53200", "25P03"]],
  ["ReadOnly", ["25006"]],
  ["Denied", ["28", "3D000", "42501"]],
  ["Full", ["53100"]],
  ["Damaged", ["XX001", "XX002"]],
  ["Missing", ["42P01", "3F000"]]
]

const kindOf = (code: string): SqlFailure["kind"] =>
  kinds.find(([, codes]) => codes.some((start) => code.startsWith(start)))?.[0] ?? "Refused"

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : ""

/** The server's text, or that of the network; neither holds a password. */
const textOf = (error: SqlError): string => {
  const { cause } = error.reason
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message
}

/** How Node names what is wrong with a certificate. */
const isCertificate = (code: string) => /CERT|ISSUER|SIGNATURE/.test(code)

const isCode = (code: string) => /^[0-9A-Z]{5}$/.test(code)

export const fromSql = (error: SqlError): SqlFailure => {
  const code = codeOf(error.reason.cause)
  const detail = textOf(error)
  if (isCode(code)) return new SqlFailure({ kind: kindOf(code), code, detail })
  if (isCertificate(code)) return new SqlFailure({ kind: "Untrusted", code, detail })
  switch (error.reason._tag) {
    case "ConnectionError":
      return new SqlFailure({ kind: "Away", code: "", detail: code === "" ? detail : `${detail} (${code})` })
    case "AuthenticationError":
      return new SqlFailure({ kind: "Denied", code: "", detail })
    default:
      return new SqlFailure({ kind: "Refused", code: "", detail })
  }
}

/** What the port says of it; `place` names the server and the database. */
const toOutbox = (place: string, { kind, code, detail }: SqlFailure): OutboxError => {
  const said = code === "" ? detail : `${detail}, code ${code}`
  switch (kind) {
    case "Full":
      return new OutboxError({
        reason: "Full",
        detail: `the disk of ${place} is full (${said}); nothing was lost; free space there and run again`
      })
    case "Damaged":
      return new OutboxError({
        reason: "Damaged",
        detail: `${place} found damaged data (${said}); stop the exporters and restore a backup of the database`
      })
    case "Missing":
      return new OutboxError({
        reason: "Damaged",
        detail: `tables of the outbox are missing in ${place} (${said}); restore them from a backup, or give another schema`
      })
    case "ReadOnly":
      return unavailable(
        `${place} takes no changes (${said}): it is a standby, or set to read only; give the address of the primary`
      )
    case "Denied":
      return unavailable(
        `${place} refuses the exporter (${said}); check the user, password and database of credentials.url, and the rights of the user`
      )
    case "Untrusted":
      return unavailable(
        `${place} shows a certificate that is not trusted (${code}); give the certificate of its authority in NODE_EXTRA_CA_CERTS, and check the name of the server`
      )
    case "Conflict":
      return unavailable(
        `${place} is too busy: transactions of several exporters get in each other's way (${said}); run again`
      )
    case "Away":
      return unavailable(
        `${place} does not answer (${said}); see whether it runs and can be reached, then run again`
      )
    case "Refused":
      return unavailable(`${place} refused a statement of the outbox (${said}); report this`)
  }
}

export const unavailable = (detail: string): OutboxError => new OutboxError({ reason: "Unavailable", detail })

/** Tells of failures as the port does. */
export const told = <A, R>(
  place: () => string,
  effect: Effect.Effect<A, SqlFailure | OutboxError, R>
): Effect.Effect<A, OutboxError, R> =>
  Effect.mapError(effect, (error) => (error instanceof SqlFailure ? toOutbox(place(), error) : error))
