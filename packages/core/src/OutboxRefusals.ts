/**
 * The errors by which every outbox refuses a write. For authors of outboxes.
 *
 * @since 1.0.0
 */
import type { Split } from "./Intake.ts"
import { OutboxError, type TrackKey } from "./Outbox.ts"

/**
 * The error that refuses an append whose `advance.after` is not the stored checkpoint.
 *
 * @since 1.0.0
 * @category errors
 */
export const overtaken = (source: string, split: Split): OutboxError =>
  new OutboxError({
    reason: "Overtaken",
    detail: `split ${split} of source ${source} was read further by another reader; nothing of this chunk was stored`
  })

/**
 * The error that refuses an append some of whose events were taken before.
 *
 * @since 1.0.0
 * @category errors
 */
export const wasSeen = (seen: ReadonlyArray<string>): OutboxError =>
  new OutboxError({
    reason: "Seen",
    detail: `${seen.length} events of the chunk were taken before; nothing of this chunk was stored`,
    seen
  })

/**
 * The error that refuses what a former owner of a track still writes.
 *
 * @since 1.0.0
 * @category errors
 */
export const lostTrack = ({ route, lane, track = 0 }: TrackKey): OutboxError =>
  new OutboxError({
    reason: "Overtaken",
    detail: `another instance has track ${track} of lane ${lane} of route ${route} by now; nothing of it was stored`
  })
