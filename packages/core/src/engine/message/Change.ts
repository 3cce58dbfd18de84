/**
 * What a route changes of an event, on the way out or at the intake, and the mark of records that were changed there.
 */
import * as Codec from "../../Codec.ts"
import type { Event } from "../../Event.ts"
import type { Changed, Route } from "../../Route.ts"

export const isEvent = (changed: Changed): changed is Event => "id" in changed

/** Runs changes one after another, until one leaves the event out or refuses it. */
export const change = (steps: Route["changes"], event: Event): Changed => {
  let current = event
  for (const step of steps) {
    const result: Changed = step(current)
    if (!isEvent(result)) return result
    current = result
  }
  return current
}

/** The codec's parameter of records that were changed at the intake: they are not to be changed there again. */
const changedMark = "changed"

export const isChanging = ({ intake }: Route): boolean => intake !== undefined && intake.length > 0

/** Whether these records hold events as a route's intake left them. */
export const isChanged = ({ codec, parameter }: Pick<Codec.Records, "codec" | "parameter">): boolean =>
  codec === Codec.event.name && parameter === changedMark

export const changed = (texts: ReadonlyArray<string>): Codec.Records => ({
  ...Codec.join(texts),
  parameter: changedMark
})
