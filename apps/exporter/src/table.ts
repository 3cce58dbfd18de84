import * as ByteSize from "effect/ByteSize"

/**
 * Tables for people: columns as wide as their widest cell, numbers to the right.
 */
export const table = (header: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0))
  )
  const isNumber = header.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^[\d,]*$/.test(row[column] ?? ""))
  )
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, column) =>
        isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
      )
      .join("  ")
      .trimEnd()
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}

const format = new Intl.NumberFormat("en-US")

export const number = (value: number): string => format.format(value)

/** `1.5 MiB` */
export const bytes = (value: number): string => ByteSize.format(ByteSize.bytes(value), { precision: 1 })

/** `1 event`, `2,000 events`. */
export const counted = (value: number, word: string): string =>
  `${number(value)} ${word}${value === 1 ? "" : "s"}`
