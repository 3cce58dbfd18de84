/**
 * What the key of an object tells: the hour it belongs to, and the series of hours that it stands in.
 *
 * @since 1.0.0
 */

/**
 * A folder whose folders are hours or days, such as `event_type=users.messages.email.Open/` of a Currents export.
 *
 * @since 1.0.0
 * @category models
 */
export interface Series {
  /** The key up to the hour, with the `/` at its end; empty where hours stand at the top. */
  readonly folder: string
  /** How an hour is spelled in it: what stands before the digits, such as `date=`, and whether days have no hours. */
  readonly spelling: string
  readonly isDaily: boolean
}

/**
 * Where a key stands in its series.
 *
 * @since 1.0.0
 * @category models
 */
export interface Place {
  readonly series: Series
  /** `2026-11-29-13`; the first hour of a day that has none. */
  readonly hour: string
}

const place = /^((?:[^/]*\/)*?)([\w-]*?=)?(\d{4}-\d\d-\d\d)(?:-(\d\d))?\//

/**
 * The place of a key; `undefined` where no folder of it below the prefix is an hour or a day.
 *
 * @since 1.0.0
 * @category conversions
 */
export const placeOf = (key: string, prefix = ""): Place | undefined => {
  const found = place.exec(key.slice(prefix.length))
  if (found === null) return undefined
  const [, folder = "", spelling = "", day = "", hour] = found
  return {
    series: { folder: prefix + folder, spelling, isDaily: hour === undefined },
    hour: `${day}-${hour ?? "00"}`
  }
}

/**
 * The hour in a key, such as `2026-11-29-13`; empty where there is none.
 *
 * @since 1.0.0
 * @category conversions
 */
export const hourIn = (key: string): string => placeOf(key)?.hour ?? ""

/**
 * The hour of a moment in epoch milliseconds, as it stands in keys.
 *
 * @since 1.0.0
 * @category conversions
 */
export const hourAt = (at: number): string => new Date(at).toISOString().slice(0, 13).replace("T", "-")

/**
 * What sorts before every key of a series from this hour on, and behind those of the hours before it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const before = ({ folder, isDaily, spelling }: Series, hour: string): string =>
  `${folder}${spelling}${isDaily ? hour.slice(0, 10) : hour}`
