/**
 * What is left of messages of which some events have ended, prepared anew as messages of their own. What has ended must be
 * stored by now: after a crash in between, the same events are left.
 */
import * as Effect from "effect/Effect"
import type { OutboxError } from "../../Outbox.ts"
import type * as Batches from "../message/Batches.ts"
import type * as Compose from "../message/Compose.ts"
import * as Item from "../message/Item.ts"
import type * as LaneMemory from "./LaneMemory.ts"
import type { Verdict } from "./Verdict.ts"

/** The batches to be tried again, when their turn comes. */
export const renew = Effect.fnUntraced(function* (
  composer: Compose.Composer,
  memory: LaneMemory.LaneMemory,
  { again, left }: Pick<Verdict, "again" | "left">,
  now: number
): Effect.fn.Return<ReadonlyArray<Batches.Pending>, OutboxError> {
  const renewed: Array<Batches.Pending> = []
  for (const { items, ...when } of again) {
    const together: Array<Item.Item> = []
    for (const item of items) {
      const whole = left.get(item)
      if (whole === undefined) {
        together.push(item)
        continue
      }
      const composed = yield* composer.renew(item)
      memory.end(composed.dead, now)
      const [only, ...others] = composed.items
      if (only === undefined || others.length > 0) {
        // Too large for a message although it is less: its parts leave one after the other.
        memory.batches.replace([whole], composed.items)
        continue
      }
      memory.batches.exchange(whole, only)
      // What has grown might be too much beside others.
      if (Item.size(only) <= Item.size(whole)) together.push(only)
      else renewed.push({ items: [only], ...when })
    }
    renewed.push({ items: together, ...when })
  }
  return renewed
})
