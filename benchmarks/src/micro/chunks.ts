/** The sample as the source hands it over, chunk by chunk. */

import type { Event } from "@millrace/core"
import type { Chunk, Intake } from "@millrace/core/Intake"
import type { BrazeEvent } from "@millrace/events-braze"
import { files } from "@millrace/source-files"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export type CurrentsEvent = BrazeEvent | Event.UnknownEvent

/** Chunks of a source that has bytes of its own. */
export type Recorded = Chunk<CurrentsEvent> & Required<Pick<Chunk, "records">>

const intake = (take: (chunk: Chunk<CurrentsEvent>) => void): Intake<CurrentsEvent> => ({
  append: (chunk) => Effect.sync(() => take(chunk)),
  full: Effect.succeed(false),
  claim: (_, read) =>
    Effect.map(
      read(Option.none(), { revoked: Effect.never }),
      (value) => ({ _tag: "Finished", value }) as const
    ),
  expect: () => Effect.void,
  unread: () => Effect.void,
  problems: () => Effect.void,
  lag: () => Effect.void,
  present: () => Effect.void
})

/** Reads it all. */
export const read = (path: string, take: (chunk: Chunk<CurrentsEvent>) => void): Promise<void> =>
  Effect.runPromise(
    files({ settings: { path, format: "braze-currents" } }).run(intake(take), { follow: false })
  )

/** Reads it all into memory. */
export const chunks = async (path: string): Promise<ReadonlyArray<Recorded>> => {
  const found: Array<Recorded> = []
  await read(path, (chunk) => {
    const { records } = chunk
    if (records !== undefined) found.push({ ...chunk, records })
  })
  return found
}
