/** Rows of a measurement as a table. */
import type { Column, Measurement, Row } from "./measurement.ts"
import { table } from "./table.ts"

export const figures = (
  { columns, of }: Pick<Measurement, "columns" | "of">,
  rows: ReadonlyArray<Row>
): string =>
  table(
    [of, ...columns.map(({ head }) => head)],
    rows.map((row) => [row.title, ...columns.map((column) => cell(column, row))])
  )

const cell = ({ digits, name }: Column, { figures }: Row): string => {
  const value = figures[name]
  return value === undefined
    ? ""
    : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
