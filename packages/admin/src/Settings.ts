/**
 * Where an admin endpoint is, who may come in, and of which exporter it tells.
 *
 * @since 1.0.0
 */
import type { Watched } from "@millrace/operations/Alerts"
import type { Operations } from "@millrace/operations/Operations"
import type { Overview } from "@millrace/operations/Overview"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { History } from "./History.ts"
import { isLoopback } from "./internal/door.ts"

/**
 * Where the endpoint is, and who may come in.
 *
 * @since 1.0.0
 * @category models
 */
export interface Settings {
  /** An address of this machine. One that others reach asks for a token. */
  readonly host: string
  /** 0 takes one that is free. */
  readonly port: number
  /** Read anew for each request, so that a changed one holds at once. Without it whoever reaches the endpoint may come in. */
  readonly token?: Effect.Effect<Redacted.Redacted<string>, { readonly message: string }>
  /** Refuses what changes anything; default no. */
  readonly readOnly?: boolean
  /** Further names that the endpoint goes by. Addresses, `localhost` and `host` always hold. */
  readonly names?: ReadonlyArray<string>
}

/**
 * The exporter that is told of.
 *
 * @since 1.0.0
 * @category models
 */
export interface Administered extends Pick<Watched, "definition" | "name" | "thresholds"> {
  readonly operations: Operations
  /** Why it is not ready, such as that it stops; `undefined` when it is. */
  readonly notReady: Effect.Effect<string | undefined>
  /** What lanes did in the last hour; without it the page shows none of that. */
  readonly history?: Pick<History, "lanes">
  /** Makes metrics in Prometheus' text format of how the exporter stands; without it `/metrics` is not found. */
  readonly metrics?: (overview: Overview) => Effect.Effect<string, { readonly message: string }>
  /** The configuration as commands name it, such as `millrace.yaml`: the page shows commands with it. */
  readonly config?: string
}

/**
 * Whether these settings may hold: an endpoint that others reach needs a token. The message says what to do.
 *
 * @since 1.0.0
 * @category conversions
 */
export const problemOf = ({
  host,
  token
}: {
  readonly host: string
  readonly token?: unknown
}): string | undefined =>
  token !== undefined || isLoopback(host)
    ? undefined
    : `host is ${host}, which other machines reach: give a token, such as { env: MILLRACE_ADMIN_TOKEN }, or leave host at 127.0.0.1`
