/**
 * A message is an event, or a group of them, in the destination's own shape; a batch is what one request carries.
 *
 * @since 1.0.0
 */

/**
 * Ready to send: a JSON value, text or bytes. The core writes it once, straight into the lane's body buffer, and knows the
 * exact bytes.
 *
 * `meta` is the author's own data. `deliver` finds it in `Batch.messages`, beside the body; it is not sent.
 *
 * @since 1.0.0
 * @category models
 */
export type Message<Meta = undefined> =
  | { readonly id: string; readonly json: unknown; readonly meta: Meta }
  | { readonly id: string; readonly text: string; readonly meta: Meta }
  | { readonly id: string; readonly bytes: Uint8Array; readonly meta: Meta }

/**
 * The most that the `meta` of one message may take, in bytes; with more, the event is a dead letter `too-large`.
 *
 * @since 1.0.0
 * @category models
 */
export const metaBytes: number = 64 * 1024

/**
 * A message that is a JSON value. `id` must derive from the events, never from the clock or a random number.
 *
 * `meta` is plain data that `structuredClone` takes, since one thread may make a message and another send it. It is never stored:
 * for an event that is read back from the outbox, `prepare` makes message and meta anew.
 *
 * @since 1.0.0
 * @category constructors
 */
export const json: {
  (id: string, value: unknown): Message
  <const Meta>(id: string, value: unknown, meta: Meta): Message<Meta>
} = (id: string, value: unknown, meta?: undefined): Message => ({ id, json: value, meta })

/**
 * A message that is finished text. `meta` as with `json`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const text: {
  (id: string, value: string): Message
  <const Meta>(id: string, value: string, meta: Meta): Message<Meta>
} = (id: string, value: string, meta?: undefined): Message => ({ id, text: value, meta })

/**
 * A message that is finished bytes, such as Avro, Protocol Buffers or packed data. They are copied into the body once, unchanged.
 * `meta` as with `json`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const bytes: {
  (id: string, value: Uint8Array): Message
  <const Meta>(id: string, value: Uint8Array, meta: Meta): Message<Meta>
} = (id: string, value: Uint8Array, meta?: undefined): Message => ({ id, bytes: value, meta })

/**
 * A message as it stands in a batch.
 *
 * @since 1.0.0
 * @category models
 */
export interface BatchMessage<out Meta = unknown> {
  readonly id: string
  /** What `prepare` gave beside the message. */
  readonly meta: Meta
  /** The message is `body.subarray(start, end)`, without what the envelope puts around it. */
  readonly start: number
  readonly end: number
  /** How many events it holds; they have the order in which `prepare` got them. */
  readonly events: number
}

/**
 * Messages of one lane, sent in one request.
 *
 * @since 1.0.0
 * @category models
 */
export interface Batch<out Meta = unknown> {
  readonly lane: string
  /** Ids of the messages, in the order they stand in the body. */
  readonly ids: ReadonlyArray<string>
  /** The messages, in the same order. They are gathered when they are first asked for. */
  readonly messages: ReadonlyArray<BatchMessage<Meta>>
  /** How many events the messages hold together. */
  readonly events: number
  /**
   * The finished body: the messages within the connection's envelope; texts are UTF-8. Its memory is used again once `deliver`
   * has ended: copy bytes that you keep.
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

/**
 * Nothing around or between the messages: for bytes with a frame of their own, and for one message a request.
 *
 * @since 1.0.0
 * @category constructors
 */
export const bare: Envelope = { open: "", separator: "", close: "" }

/**
 * The bytes of a message, as they stand in a body.
 *
 * @since 1.0.0
 * @category conversions
 */
export const bytesOf = (message: Message<unknown>): Uint8Array => {
  if ("bytes" in message) return message.bytes
  return new TextEncoder().encode("text" in message ? message.text : JSON.stringify(message.json))
}

/**
 * Messages of one event each as the batch that the core makes of them, to ask `deliver` of a connection directly, as tests
 * do.
 *
 * @since 1.0.0
 * @category constructors
 */
export const batch = <Meta>(
  lane: string,
  messages: ReadonlyArray<Message<Meta>>,
  envelope: Envelope = jsonArray
): Batch<Meta> => {
  const encoder = new TextEncoder()
  const pieces = [encoder.encode(envelope.open)]
  const placed: Array<BatchMessage<Meta>> = []
  let size = pieces[0]!.length
  const put = (piece: Uint8Array) => {
    pieces.push(new Uint8Array(piece))
    size += piece.length
  }
  for (const message of messages) {
    if (placed.length > 0) put(encoder.encode(envelope.separator))
    const start = size
    put(bytesOf(message))
    placed.push({ id: message.id, meta: message.meta, start, end: size, events: 1 })
  }
  put(encoder.encode(envelope.close))
  const body = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    body.set(piece, at)
    at += piece.length
  }
  return { lane, ids: messages.map(({ id }) => id), messages: placed, events: messages.length, body }
}
