/** Numbers, sizes and times in words, as the command says them. Pure. */

const format = new Intl.NumberFormat("en-US")

/** `1,234,567` */
export const number = (value: number): string => format.format(value)

/** `1 event`, `2,000 events`. */
export const counted = (value: number, word: string): string =>
  `${number(value)} ${word}${value === 1 ? "" : "s"}`

const units = ["B", "KiB", "MiB", "GiB", "TiB"]

/** `1.5 MiB` */
export const bytes = (value: number): string => {
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10))
  const size = value / 1024 ** power
  return `${power === 0 ? size : size.toFixed(1).replace(/\.0$/, "")} ${units[power]}`
}

/** Events a second: more digits for few. */
export const rate = (value: number): string =>
  value >= 10 || value === 0 ? number(Math.round(value)) : value.toFixed(1)

const spans = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1]
] as const

/** `2m 3s`: a time in its two largest units. Less than nothing is `0s`. */
export const lasting = (millis: number): string => {
  let left = Math.max(0, Math.round(millis / 1000))
  const parts: Array<string> = []
  for (const [unit, seconds] of spans) {
    const many = Math.floor(left / seconds)
    left -= many * seconds
    if (many > 0) parts.push(`${many}${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.length === 0 ? "0s" : parts.join(" ")
}

/** `240 ms`, `1.2 s`. */
export const took = (millis: number): string =>
  millis < 1000 ? `${Math.round(millis)} ms` : `${(millis / 1000).toFixed(millis < 10_000 ? 1 : 0)} s`

/** `2026-11-29 08:00:00 UTC` */
export const utc = (time: number): string =>
  `${new Date(time).toISOString().slice(0, 19).replace("T", " ")} UTC`
