/**
 * What mParticle's Events API takes, from its pages "HTTP API" and "Default Service Limits" unless noted.
 *
 * @since 1.0.0
 */

/**
 * mParticle batches in a bulk request.
 *
 * @since 1.0.0
 * @category models
 */
export const batches = 100

/**
 * Events in a bulk request. The page says both 100 batches and 100 events: this satisfies either reading.
 *
 * @since 1.0.0
 * @category models
 */
export const events = 100

/**
 * Bytes of a request: "under 256kb", and whether that is 1000 or 1024 bytes each is not said.
 *
 * @since 1.0.0
 * @category models
 */
export const requestBytes = 255_999

/**
 * Bytes of one mParticle batch: "should not exceed 128 KB" ("Maximizing Performance").
 *
 * @since 1.0.0
 * @category models
 */
export const batchBytes = 127_999

/**
 * Attributes of an event. The row is gone from later editions, which name no other number.
 *
 * @since 1.0.0
 * @category models
 */
export const attributes = 100

/**
 * Characters of an event's or an attribute's name. mParticle cuts longer ones off.
 *
 * @since 1.0.0
 * @category models
 */
export const name = 256

/**
 * Characters of an attribute's value. What mParticle does with longer ones is not documented.
 *
 * @since 1.0.0
 * @category models
 */
export const value = 4096

/**
 * First and last event time in milliseconds: 2001-09-09 to 2286-11-20. Not mParticle's number; anything outside is
 * a time in seconds or in microseconds.
 *
 * @since 1.0.0
 * @category models
 */
export const time = { first: 1_000_000_000_000, last: 9_999_999_999_999 } as const

/**
 * Age in milliseconds below which the historical endpoint drops an event: 72 hours.
 *
 * @since 1.0.0
 * @category models
 */
export const historicalAge = 72 * 60 * 60 * 1000
