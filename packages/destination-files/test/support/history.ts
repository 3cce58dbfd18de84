/** Batches by number, the same in every process: one large file and one small each. */
import type { Event } from "@millrace/core/Event"
import { event } from "./subject.ts"

const filler = "0123456789abcdef".repeat(256)

export const batchAt = (number: number): ReadonlyArray<Event> => [
  ...Array.from({ length: 600 }, (_, index) =>
    event(`${number}-${index}`, { type: "large", properties: { index, filler } })
  ),
  event(`${number}-last`, { type: "small" })
]
