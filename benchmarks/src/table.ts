/** Tables as Markdown. */
export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  /** Columns from this one on are numbers. */
  numbers = 1
): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  const rule = head.map((_, column) => (column < numbers ? "---" : "---:"))
  return [head, rule, ...rows].map(line).join("\n")
}
