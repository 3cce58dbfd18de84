/** Every call that the store answers, as data that crosses a thread. */
import type { Checkpoint, Split } from "@millrace/core/Intake"
import type { Count } from "@millrace/core/Ledger"
import type {
  Appending,
  Buried,
  Composition,
  DeadLetter,
  DeadLetterCount,
  DeadLetterFilter,
  DeadLetterHead,
  DeadLetterKeys,
  DeadLetterPage,
  Erasures,
  GateState,
  LaneKey,
  LaneState,
  Looks,
  Parcel,
  Sequence,
  Settlement,
  SplitPage,
  Usage
} from "@millrace/core/Outbox"
import type { Failure } from "./failure.ts"

/** A buried record, already cut to what is kept of it. */
export interface Kept extends Buried {
  /** Bytes of the record as it came. */
  readonly length: number
}

/** A chunk as the store takes it. */
export interface Entry extends Omit<Appending, "buried"> {
  readonly buried: ReadonlyArray<Kept>
}

/** A lane as stored: no gate when none was ever set. */
export interface StoredLane extends Omit<LaneState, "gate"> {
  readonly gate: GateState | undefined
}

interface Signatures {
  /** `undefined` while there is no room: nothing was stored. */
  readonly append: { readonly input: [entry: Entry]; readonly output: ReadonlyArray<Sequence> | undefined }
  readonly settle: { readonly input: [settlements: ReadonlyArray<Settlement>]; readonly output: number }
  readonly compose: {
    readonly input: [lane: LaneKey, compositions: ReadonlyArray<Composition>, replaces: ReadonlyArray<string>]
    readonly output: undefined
  }
  readonly setGate: { readonly input: [lane: LaneKey, gate: GateState]; readonly output: undefined }
  readonly take: {
    readonly input: [lane: LaneKey, after: Sequence, bytes: number]
    readonly output: ReadonlyArray<Parcel>
  }
  readonly compositions: { readonly input: [lane: LaneKey]; readonly output: ReadonlyArray<Composition> }
  readonly lanes: { readonly input: []; readonly output: ReadonlyArray<StoredLane> }
  readonly checkpoint: {
    readonly input: [source: string, split: Split]
    readonly output: Checkpoint | undefined
  }
  readonly looks: { readonly input: [source: string]; readonly output: Looks }
  readonly looked: { readonly input: [source: string, at: number]; readonly output: undefined }
  readonly splits: {
    readonly input: [source: string, day: number, after: Split | undefined]
    readonly output: SplitPage
  }
  readonly confirm: {
    readonly input: [source: string, splits: ReadonlyArray<Split>]
    readonly output: undefined
  }
  readonly forget: {
    readonly input: [source: string, splits: ReadonlyArray<Split>, day: number]
    readonly output: number
  }
  readonly deadLetterHeads: {
    readonly input: [filter: DeadLetterFilter, after: number, bytes: number]
    readonly output: DeadLetterPage<DeadLetterHead>
  }
  readonly deadLetters: {
    readonly input: [filter: DeadLetterFilter, after: number, bytes: number]
    readonly output: DeadLetterPage<DeadLetter>
  }
  readonly countDeadLetters: {
    readonly input: [filter: DeadLetterFilter, after: number]
    readonly output: DeadLetterCount
  }
  readonly keepKeys: { readonly input: [keys: ReadonlyArray<DeadLetterKeys>]; readonly output: undefined }
  readonly purge: { readonly input: [ids: ReadonlyArray<number>, reason: string]; readonly output: number }
  readonly erasures: { readonly input: []; readonly output: Erasures }
  readonly erase: { readonly input: [digest: string, at: number]; readonly output: undefined }
  /** Takes down that bytes of what was removed may still stand in the file. */
  readonly scrub: { readonly input: []; readonly output: undefined }
  readonly ledger: { readonly input: []; readonly output: ReadonlyArray<Count> }
  readonly usage: { readonly input: []; readonly output: Usage }
}

export type Method = keyof Signatures
export type Input<M extends Method> = Signatures[M]["input"]
export type Output<M extends Method> = Signatures[M]["output"]

/** What the store does, synchronously. It throws `StoreFailure` or what SQLite throws. */
export type Operations = { readonly [M in Method]: (...input: Input<M>) => Output<M> }

/** One call of the store, as a value. */
export interface Call<M extends Method = Method> {
  readonly method: M
  readonly input: Input<M>
}

/** What became of a call. */
export type Answer<A = unknown> =
  | { readonly done: true; readonly value: A }
  | { readonly done: false; readonly failure: Failure }

/** Calls that change the store, and so need a transaction. */
const changes: ReadonlySet<Method> = new Set<Method>([
  "append",
  "settle",
  "compose",
  "setGate",
  "looked",
  "confirm",
  "forget",
  "keepKeys",
  "purge",
  "erase",
  "scrub"
])

/** Whether a call changes the store. */
export const isChange = ({ method }: Call): boolean => changes.has(method)

export const perform = <M extends Method>(operations: Operations, { method, input }: Call<M>): Output<M> =>
  operations[method](...input)
