/**
 * A message is an event, or a group of them, in the destination's own shape; a batch is what one request carries.
 *
 * @since 1.0.0
 */

/**
 * Ready to send. The core serializes it once, straight into the lane's body buffer, and knows the exact bytes.
 *
 * @since 1.0.0
 * @category models
 */
export type Message =
  | { readonly id: string; readonly json: unknown }
  | { readonly id: string; readonly text: string }

/**
 * A message that is a JSON value. `id` must derive from the events, never from the clock or a random number.
 *
 * @since 1.0.0
 * @category constructors
 */
export const json = (id: string, value: unknown): Message => ({ id, json: value })

/**
 * A message that is finished text.
 *
 * @since 1.0.0
 * @category constructors
 */
export const text = (id: string, value: string): Message => ({ id, text: value })

/**
 * Messages of one lane, sent in one request.
 *
 * @since 1.0.0
 * @category models
 */
export interface Batch {
  readonly lane: string
  /** Ids of the messages, in the order they stand in the body. */
  readonly ids: ReadonlyArray<string>
  /** How many events the messages hold together. */
  readonly events: number
  /**
   * The finished body: the messages within the connection's envelope, UTF-8. Its memory is used again once `deliver` has
   * ended: copy what is to be kept.
   */
  readonly body: Uint8Array<ArrayBuffer>
}

/**
 * What stands around and between messages in a body; a JSON array unless a connection says otherwise.
 *
 * @since 1.0.0
 * @category models
 */
export interface Envelope {
  readonly open: string
  readonly separator: string
  readonly close: string
}

/**
 * The messages as a JSON array: the envelope unless a connection gives another.
 *
 * @since 1.0.0
 * @category constructors
 */
export const jsonArray: Envelope = { open: "[", separator: ",", close: "]" }

/**
 * One message a line.
 *
 * @since 1.0.0
 * @category constructors
 */
export const lines: Envelope = { open: "", separator: "\n", close: "\n" }
