/**
 * The admin endpoint of a run that follows, as its configuration asks for it.
 */

import * as Admin from "@millrace/admin/Admin"
import type { AdminError } from "@millrace/admin/AdminError"
import type { History } from "@millrace/admin/History"
import type { Administered } from "@millrace/admin/Settings"
import type { Loaded } from "@millrace/config/Config"
import * as Log from "@millrace/core/Log"
import type { Operations } from "@millrace/operations/Operations"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** What the run knows of itself. */
interface Run {
  /** The configuration, as it was named on the command line. */
  readonly config: string
  readonly operations: Operations
  readonly history: History
  readonly metrics: Administered["metrics"]
  readonly isStopping: () => boolean
}

/** Answers until the scope closes; nothing where no endpoint is configured. */
export const administer = (
  { admin, definition, name, thresholds }: Loaded,
  { config, history, isStopping, metrics, operations }: Run
): Effect.Effect<void, AdminError, Scope.Scope> =>
  admin === undefined
    ? Effect.void
    : Effect.flatMap(
        Admin.serve(admin, {
          definition,
          name,
          thresholds,
          config,
          operations,
          history,
          ...(metrics === undefined ? {} : { metrics }),
          notReady: Effect.sync(() => (isStopping() ? "the exporter stops" : undefined))
        }),
        ({ url }) => Log.write("admin-listening", `admin: the page, health and metrics are at ${url}`)
      )
