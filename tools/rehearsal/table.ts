/** The table at the end. */

export interface Row {
  readonly name: string
  readonly version: string
  readonly tarball: number
  readonly installed: number
}

const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`
const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`

export const table = (rows: ReadonlyArray<Row>): string => {
  const cells = [
    ["package", "version", "tarball", "installed"],
    ...rows.map(({ installed, name, tarball, version }) => [
      name,
      version,
      kilobytes(tarball),
      megabytes(installed)
    ])
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    row.map((cell, column) => cell[column < 2 ? "padEnd" : "padStart"](widths[column] ?? 0)).join("  ")
  return cells.map(line).join("\n")
}
