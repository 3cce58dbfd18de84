/** What the engine promises, by name. */
export type Promised =
  /** The ledger balances, and counts what happened. */
  | "conservation"
  /** Every event is accepted, or dead for a planned reason; nothing is settled before. */
  | "at-least-once"
  /** An event goes out again under the id it had. */
  | "stable-ids"
  /** What has ended is not sent again. */
  | "no-repeat"
  /** A lane that nothing is wrong with is not delayed by the others. */
  | "isolation"
  /** First acceptances of a user's events in a lane are in the order of append. */
  | "order"
  /** Requests hold and number no more than they may. */
  | "bounds"
  /** No secret is shown or kept. */
  | "secrets"
  /** What a former owner of a track or a split still writes is refused. */
  | "fences"
  /** Waits that the remote or an operator asked for are kept, also across a restart. */
  | "waits"
  /** Once faults have ended, everything ends; and nothing fails but what was planned to. */
  | "settling"

export type Violate = (promise: Promised, text: string) => void
