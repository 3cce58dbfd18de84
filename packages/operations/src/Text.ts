/**
 * Numbers, amounts and times in words: alerts, tables and pages say them in one way.
 *
 * @since 1.0.0
 */
import { grouped } from "@millrace/core/Digits"
import type { Share } from "@millrace/core/Route"
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"

export {
  /**
   * `1,234,567`
   *
   * @since 1.0.0
   * @category formatting
   */
  grouped as number
} from "@millrace/core/Digits"

/**
 * `1.5 MiB`
 *
 * @since 1.0.0
 * @category formatting
 */
export const bytes = (value: number): string => ByteSize.format(ByteSize.bytes(value), { precision: 1 })

/**
 * `1 event`, `2,000 events`.
 *
 * @since 1.0.0
 * @category formatting
 */
export const counted = (value: number, word: string): string =>
  `${grouped(value)} ${word}${value === 1 ? "" : "s"}`

/**
 * `2m 3s`: a time in its two largest units. Less than nothing is `0`.
 *
 * @since 1.0.0
 * @category formatting
 */
export const lasting = (millis: number): string =>
  Duration.format(Duration.seconds(Math.max(0, Math.round(millis / 1000))))
    .split(" ")
    .slice(0, 2)
    .join(" ")

/**
 * At most so many characters, and how many there were.
 *
 * @since 1.0.0
 * @category formatting
 */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most).toWellFormed()}… (${text.length} characters)`

/**
 * How much of the outbox a lane may fill, and what happens then.
 *
 * @since 1.0.0
 * @category formatting
 */
export const share = ({ size, whenFull }: Share): string =>
  `a lane may fill ${bytes(size)} of the outbox, then ${whenFull === "set-aside" ? "its oldest events become dead letters" : "the sources are held back"}`
