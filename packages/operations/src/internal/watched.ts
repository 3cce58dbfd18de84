/**
 * Who is told of what: an exporter, and the ways that alerts of it go.
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { Target } from "../Operations.ts"
import type { Thresholds } from "./conditions.ts"
import type { Alert } from "./due.ts"

/**
 * A way that alerts go. Its name is part of a file's name in the state directory: what was told by it, so that a restart
 * tells nothing twice.
 *
 * @since 1.0.0
 * @category models
 */
export interface Way {
  readonly name: string
  /** Sends alerts of the exporter with this name; resolves when they were taken. It is tried again after a failure. */
  readonly send: (
    exporter: string,
    alerts: ReadonlyArray<Alert>
  ) => Effect.Effect<void, { readonly message: string }>
}

/**
 * An exporter, and what is told of it to whom.
 *
 * @since 1.0.0
 * @category models
 */
export interface Watched extends Target {
  /** Its name, for those who are told. */
  readonly name: string
  readonly thresholds: Thresholds
  readonly ways: ReadonlyArray<Way>
  /** How often it is said again that something lasts. */
  readonly remindEvery: Duration.Input
}
