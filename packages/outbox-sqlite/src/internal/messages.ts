/** What the thread of the exporter and the thread of the store send each other. */
import type { Failure } from "./failure.ts"
import type { Answer, Call } from "./operations.ts"

/** A call with the number that its answer bears. The buffer that its bytes stand in comes back with the answer. */
export interface Request {
  readonly id: number
  readonly call: Call
  readonly buffer?: ArrayBuffer | undefined
}

/** What became of a request. */
export interface Reply {
  readonly id: number
  readonly answer: Answer
  readonly buffer?: ArrayBuffer | undefined
}

/** What the owner of the store sends to its thread. */
export type ToStore = ReadonlyArray<Request> | "close"

/**
 * What the thread sends back: first whether it is open, then answers, and before an answer that the outbox is now full,
 * or no longer. It has closed when it ends.
 */
export type FromStore =
  | { readonly kind: "opened" }
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "full"; readonly full: boolean }
  | { readonly kind: "answers"; readonly replies: ReadonlyArray<Reply> }
