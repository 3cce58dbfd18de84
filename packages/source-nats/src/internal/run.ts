/** The source at work: reads the stream while it is its own. */
import type { Event } from "@millrace/core/Event"
import * as Effect from "effect/Effect"
import { type Options, read } from "./read.ts"

/** For how long a stream is left to whoever has it. */
const rest = "5 seconds"

export const run = Effect.fnUntraced(function* <E extends Event>(options: Options<E>) {
  const { intake, run, settings } = options
  for (;;) {
    yield* intake.claim(settings.stream, (after, claim) => read(options, after, claim))
    if (!run.follow) return
    yield* Effect.sleep(rest)
  }
})
