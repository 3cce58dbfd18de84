/** The folder of an event, in Hive's style: `event_type=order.placed/date=2026-03-01/hour=13`. */
import { createHash } from "node:crypto"
import type { Event } from "@millrace/core/Event"
import type { Settings } from "../Settings.ts"

/** What file systems allow for the name of a file or folder. */
const longestName = 255

/** First and last time whose date has four digits of a year: 0000-01-01 to 9999-12-31. */
const [first, last] = [-62_167_219_200_000, 253_402_300_799_999]

export const isDated = (time: number): boolean => time >= first && time <= last

/**
 * The keys of the folders. None is the name of a column in the files: readers of partitioned data refuse a folder that
 * does.
 */
const keys = { type: "event_type", date: "date", hour: "hour" } as const

/** The folder is relative, and empty without levels. The time must have a date. */
export const folderOf =
  (levels: Settings["partitionBy"]) =>
  ({ time, type }: Event): string => {
    const moment = new Date(Math.floor(time)).toISOString()
    const values = { type, date: moment.slice(0, 10), hour: moment.slice(11, 13) }
    return levels.map((level) => nameOf(keys[level], values[level])).join("/")
  }

/** `key=value` as Hive escapes it; what is too long ends in a hash of the value instead of the rest. */
const nameOf = (key: string, value: string): string => {
  const name = `${key}=${value === "" ? nothing : escaped(value)}`
  if (Buffer.byteLength(name) <= longestName) return name
  const ending = `~${createHash("sha256").update(value).digest("hex").slice(0, 16)}`
  let kept = `${key}=`
  for (const character of value) {
    const longer = kept + escaped(character)
    if (Buffer.byteLength(longer) + ending.length > longestName) break
    kept = longer
  }
  return kept + ending
}

/** Hive's own name for the partition of an empty text. */
const nothing = "__HIVE_DEFAULT_PARTITION__"

/**
 * What Hive escapes in its `FileUtils`, and NUL. A dot may stay: no name is only dots after `event_type=`.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what may not stand in a name
const unsafe = /[\u0000-\u001f"#%'*/:<=>?\\[\]^{|}\u007f]/g

const escaped = (value: string): string =>
  value.replace(
    unsafe,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`
  )
