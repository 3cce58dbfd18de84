/** Which appends of a transaction are taken, in their order; each sees what those before it changed. */
import type { Checkpoint } from "@millrace/core/Intake"
import type { OutboxError } from "@millrace/core/Outbox"
import * as OutboxRefusals from "@millrace/core/OutboxRefusals"
import * as OutboxRules from "@millrace/core/OutboxRules"
import type { Entry } from "./calls.ts"
import * as Fences from "./fences.ts"
import { keyOf } from "./names.ts"
import { shortKey } from "./shortKey.ts"

/** What the store held when the rows were locked, and what the transaction changes of it. */
export interface Existing {
  readonly fences: Fences.Fences
  /** By source and split. */
  readonly checkpoints: Map<string, Checkpoint>
  /** By the key of the id. */
  readonly seen: Map<string, number>
}

export const checkpointKey = (source: string, split: string): string => keyOf(source, split)

/** Why an append is refused; `undefined` for one that is taken, and then `existing` is as it leaves it. */
export const refusalOf = (existing: Existing, entry: Entry): OutboxError | undefined => {
  const { origin, advance, remember = [], unseenSince, at } = entry
  if (unseenSince !== undefined) {
    const before = remember.filter(
      (id) => (existing.seen.get(shortKey(id)) ?? Number.NEGATIVE_INFINITY) >= unseenSince
    )
    if (before.length > 0) return OutboxRefusals.wasSeen(before)
  }
  if (advance !== undefined) {
    const { split, after, token } = advance
    const isFormer =
      token !== undefined &&
      !Fences.holds(existing.fences, token, OutboxRules.splitLease(origin.source, split))
    const stored = existing.checkpoints.get(checkpointKey(origin.source, split))
    if (isFormer || stored !== after) return OutboxRefusals.overtaken(origin.source, split)
  }
  if (advance !== undefined) existing.checkpoints.set(checkpointKey(origin.source, advance.split), advance.to)
  for (const id of remember) {
    const key = shortKey(id)
    existing.seen.set(key, Math.max(at, existing.seen.get(key) ?? at))
  }
  return undefined
}
