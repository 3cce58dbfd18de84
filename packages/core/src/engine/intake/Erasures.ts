/**
 * Which events belong to a user that was erased: those that happened before, by any id of theirs.
 */
import type { Event } from "../../Event.ts"
import type { Erasures } from "../../Outbox.ts"
import * as OutboxRules from "../../OutboxRules.ts"

/** Whether an event is not to come back. */
export type IsErased = (event: Event) => boolean

/** `undefined` where nobody was erased, so that nothing has to be asked. */
export const isErased = ({ key, users }: Erasures): IsErased | undefined => {
  if (users.size === 0) return undefined
  const erasedAt = (id: unknown): number =>
    typeof id === "string"
      ? (users.get(OutboxRules.digestOf(key, id)) ?? Number.NEGATIVE_INFINITY)
      : Number.NEGATIVE_INFINITY
  return ({ time, user }) => Object.values(user).some((id) => time <= erasedAt(id))
}
