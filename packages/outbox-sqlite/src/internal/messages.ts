import type { Failure } from "./failure.ts"
import type { Request } from "./groupCommit.ts"
import type { Answer } from "./operations.ts"

/** What the owner of the store sends to its thread. */
export type ToStore = Request | "close"

/** What the thread sends back: first whether it is open, then answers. It has closed when it ends. */
export type FromStore =
  | { readonly kind: "opened" }
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
