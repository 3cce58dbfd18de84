/**
 * What Mixpanel's import API takes, from its page "Import Events" unless noted.
 *
 * @since 1.0.0
 */

/**
 * Events of a request.
 *
 * @since 1.0.0
 * @category models
 */
export const events = 2000

/**
 * Bytes of a request. Newer editions of the page say 10 MB, older ones and the example of a 413 say 2 MB: this satisfies
 * either, and 2000 events of Braze hardly have more.
 *
 * @since 1.0.0
 * @category models
 */
export const requestBytes = 2_000_000

/**
 * Bytes of an event: "smaller than 1MB".
 *
 * @since 1.0.0
 * @category models
 */
export const eventBytes = 999_999

/**
 * Characters of an `$insert_id`, letters, digits and hyphens alone.
 *
 * @since 1.0.0
 * @category models
 */
export const insertId = 36

/**
 * First and last event time in milliseconds: 2001-09-09 to 2286-11-20. Not Mixpanel's number; anything outside is a time
 * in seconds or in microseconds.
 *
 * @since 1.0.0
 * @category models
 */
export const time = { first: 1_000_000_000_000, last: 9_999_999_999_999 } as const
