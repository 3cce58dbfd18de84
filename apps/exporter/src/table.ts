import { line } from "./terminal.ts"

/** Characters of a cell: a reason with its detail fits. */
const widest = 300

/**
 * Tables for people: columns as wide as their widest cell, numbers to the right.
 */
export const table = (
  header: ReadonlyArray<string>,
  contents: ReadonlyArray<ReadonlyArray<string>>
): string => {
  const rows = contents.map((row) => row.map((cell) => line(cell, widest)))
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0))
  )
  const isNumber = header.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^[\d,]*$/.test(row[column] ?? ""))
  )
  const rowText = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, column) =>
        isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
      )
      .join("  ")
      .trimEnd()
  return [rowText(header), rowText(widths.map((width) => "-".repeat(width))), ...rows.map(rowText)].join("\n")
}
