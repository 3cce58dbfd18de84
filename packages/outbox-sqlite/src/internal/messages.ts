import type { Failure } from "./failure.ts"
import type { Request } from "./groupCommit.ts"
import type { Answer } from "./operations.ts"

/** What the owner of the store sends to its thread. */
export type ToStore = Request | "close"

/**
 * What the thread sends back: first whether it is open, then answers, and before an answer that the outbox is now full,
 * or no longer. It has closed when it ends.
 */
export type FromStore =
  | { readonly kind: "opened" }
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "full"; readonly full: boolean }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
