/**
 * What Segment's HTTP Tracking API takes, from its page "HTTP API Source" unless noted.
 *
 * @since 1.0.0
 */

/**
 * Events of a request. Segment answers 200 to more and drops them.
 *
 * @since 1.0.0
 * @category models
 */
export const events = 2500

/**
 * Bytes of a request: "500KB", and whether that is 1000 or 1024 bytes each is not said.
 *
 * @since 1.0.0
 * @category models
 */
export const requestBytes = 500_000

/**
 * Bytes of an event: "less than 32KB".
 *
 * @since 1.0.0
 * @category models
 */
export const eventBytes = 31_999

/**
 * Characters of a `messageId`: "fewer than 100".
 *
 * @since 1.0.0
 * @category models
 */
export const messageId = 99

/**
 * First and last event time in milliseconds: 2001-09-09 to 2286-11-20. Not Segment's number; anything outside is a
 * time in seconds or in microseconds.
 *
 * @since 1.0.0
 * @category models
 */
export const time = { first: 1_000_000_000_000, last: 9_999_999_999_999 } as const
