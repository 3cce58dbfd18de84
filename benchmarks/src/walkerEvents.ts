/** Events in the words of walkerOS, and back to messages. */
import { type CurrentsEvent, type Feed, type Message, messageOf } from "./message.ts"

/**
 * An event as it is pushed. Its name is an entity and an action: the feed and the event type, so that a rule for each
 * feed gives it batches of its own.
 */
export interface WalkerEvent {
  readonly name: string
  readonly id: string
  readonly timestamp: number
  readonly user: { readonly id?: string; readonly device?: string }
  readonly data: CurrentsEvent["properties"]
}

/** An event as a destination gets it. */
export interface Collected extends WalkerEvent {
  readonly entity: Feed
  readonly action: string
}

export const toWalker = (
  feed: Feed,
  { event_type, id, properties, time, user }: CurrentsEvent
): WalkerEvent => ({
  name: `${feed} ${event_type}`,
  id,
  timestamp: time,
  user: {
    ...(user.external_user_id === undefined ? {} : { id: user.external_user_id }),
    ...(user.device_id === undefined ? {} : { device: user.device_id })
  },
  data: properties
})

export const toMessage = ({ action, data, id, timestamp, user }: Collected): Message =>
  messageOf({
    event_type: action,
    id,
    time: timestamp,
    user: {
      ...(user.id === undefined ? {} : { external_user_id: user.id }),
      ...(user.device === undefined ? {} : { device_id: user.device })
    },
    properties: data
  })
