/**
 * What Amplitude's ingestion APIs take, from its pages "Batch Event Upload API" and "HTTP V2 API" unless noted.
 *
 * @since 1.0.0
 */

/**
 * Events of a request. From "Batch and retry HTTP V2 API requests"; the batch page names no number.
 *
 * @since 1.0.0
 * @category models
 */
export const events = 2000

/**
 * Bytes of a request, by endpoint: "20MB" and "under 1 MB".
 *
 * @since 1.0.0
 * @category models
 */
export const requestBytes = { batch: 20_000_000, http: 999_999 } as const

/**
 * Bytes that a request is filled to at most. Not Amplitude's number: each request under way stands in memory, and 2000
 * events of Braze have about 2 MB.
 *
 * @since 1.0.0
 * @category models
 */
export const filledBytes = 4_000_000

/**
 * Bytes of an event. Not Amplitude's number, which names none: Braze itself drops events of more than 900 kB.
 *
 * @since 1.0.0
 * @category models
 */
export const eventBytes = 950_000

/**
 * Characters that a user id or a device id must have, unless `minIdLength` says otherwise.
 *
 * @since 1.0.0
 * @category models
 */
export const idLength = 5

/**
 * Milliseconds to wait where a user or a device was throttled: 30 seconds.
 *
 * @since 1.0.0
 * @category models
 */
export const pause = 30_000

/**
 * First and last event time in milliseconds: 2001-09-09 to 2286-11-20. Not Amplitude's number; anything outside is a
 * time in seconds or in microseconds.
 *
 * @since 1.0.0
 * @category models
 */
export const time = { first: 1_000_000_000_000, last: 9_999_999_999_999 } as const
