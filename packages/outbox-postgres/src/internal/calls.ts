/** The calls that share transactions, as data. */
import type {
  Appending,
  Buried,
  Composition,
  OutboxError,
  Settlement,
  Stored,
  Token,
  TrackKey
} from "@millrace/core/Outbox"
import type * as Result from "effect/Result"

/** A buried record, already cut to what is kept of it. */
export interface Kept extends Buried {
  /** Bytes of the record as it came. */
  readonly length: number
}

/** A chunk as the store takes it. */
export interface Entry extends Omit<Appending, "buried"> {
  readonly buried: ReadonlyArray<Kept>
}

export type Call =
  | { readonly kind: "append"; readonly entry: Entry }
  | {
      readonly kind: "settle"
      readonly settlements: ReadonlyArray<Settlement>
      readonly token: Token | undefined
    }
  | {
      readonly kind: "compose"
      readonly track: TrackKey
      readonly compositions: ReadonlyArray<Composition>
      readonly replaces: ReadonlyArray<string>
      readonly token: Token | undefined
    }

/** What an append, a settlement and a composition yield. `undefined`: there is no room, and nothing was stored. */
export type Value = ReadonlyArray<Stored> | number | undefined

export type Answer = Result.Result<Value, OutboxError>
