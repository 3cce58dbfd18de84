/** The metrics of telemetry as tables, one for each origin of their values. */
import { all, type Declaration } from "../../packages/telemetry/src/Metrics.ts"
import { code, type Row, table } from "./markdown.ts"

const rowOf = ({ help, kind, labels, name }: Declaration): Row => [
  code(name),
  kind,
  labels.map(code).join(", "),
  help
]

/** By the name of their place. */
export const metricTables = (): ReadonlyMap<string, string> =>
  new Map(
    [...Map.groupBy(all, ({ origin }) => origin)].map(([origin, metrics]) => [
      origin,
      table(["metric", "kind", "labels", "what it tells"], metrics.map(rowOf))
    ])
  )
