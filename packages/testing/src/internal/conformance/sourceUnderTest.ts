/** What a source to be tested tells of itself. */
import type { Event } from "@millrace/core/Event"
import type { Plugin } from "@millrace/core/Plugin"
import type { Source } from "@millrace/core/Source"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * What there is for a source to read.
 *
 * @since 1.0.0
 * @category models
 */
export interface Supply<Input> {
  /** Settings by which the source finds it. They must hold for several runs, one after the other. */
  readonly settings: Input
  /** The ids of the events that can be read, each once. */
  readonly ids: ReadonlyArray<string>
  /** How many bad records stand among them. */
  readonly malformed: number
  /**
   * For a push source: each sends one request and tells whether it was acknowledged. They are run until they are, also
   * where nobody listens. Together they send every event and every bad record.
   */
  readonly requests?: ReadonlyArray<Effect.Effect<boolean>>
}

/**
 * What a source keeps to; each has a default.
 *
 * @since 1.0.0
 * @category models
 */
export interface Limits {
  /** Appends under way at once; 4 by default. */
  readonly appends?: number
  /** Events and bad records in a chunk; 10,000 by default. */
  readonly records?: number
  /** Bytes of the records of a chunk, bad ones among them; 1 MiB by default. */
  readonly bytes?: number
}

/**
 * A source plugin to be tested.
 *
 * @since 1.0.0
 * @category models
 */
export interface SourceUnderTest<E extends Event, Input, CredentialsInput = {}> {
  /** What the package exports: the value that `Source.plugin` made. */
  readonly plugin: Plugin<Input, CredentialsInput, Source<E>>
  /** Credentials that it runs with, where it takes any. */
  readonly credentials?: NoInfer<CredentialsInput>
  /** Whether it reads splits up to their checkpoints, or is sent what it takes. */
  readonly kind: "pull" | "push"
  /**
   * Lays out something to read; run once for each promise, in its scope. For a pull source: several splits, one of them
   * of three chunks or more, and all together small enough to be read some dozens of times.
   */
  readonly supply: Effect.Effect<Supply<NoInfer<Input>>, unknown, Scope.Scope>
  /** Whether its past can be read again, as its definition says; default no. */
  readonly replayable?: boolean
  /** Whether it can meet records that are no events; default yes. */
  readonly meetsBadRecords?: boolean
  readonly limits?: Limits
  /** The README of the package, whose tables must name every setting. */
  readonly readme?: URL
}
