/** What the thread of the exporter and the thread of the store send each other. */
import type { Failure } from "./failure.ts"
import type { Request } from "./groupCommit.ts"
import type { Answer } from "./operations.ts"

/** What the owner of the store sends to its thread; the buffer of a call comes back with its answer. */
export type ToStore = (Request & { readonly buffer?: ArrayBuffer | undefined }) | "close"

/**
 * What the thread sends back: first whether it is open, then answers, and before an answer that the outbox is now full,
 * or no longer. It has closed when it ends.
 */
export type FromStore =
  | { readonly kind: "opened" }
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "full"; readonly full: boolean }
  | {
      readonly kind: "answer"
      readonly id: number
      readonly answer: Answer
      readonly buffer?: ArrayBuffer | undefined
    }
