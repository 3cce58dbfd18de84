/**
 * The exporters that share an outbox, for people.
 */
import type * as Status from "@millrace/operations/Status"
import { table } from "./table.ts"
import { line } from "./terminal.ts"

const time = (millis: number) => new Date(millis).toISOString()

const heads = ["exporter", "roles", "since", "last heard of", "splits", "tracks"]

/** One line an exporter. */
export const instancesText = (instances: ReadonlyArray<Status.FleetMember>): string => {
  if (instances.length === 0) return "exporters: none is there"
  const rows = instances.map(({ lanes, name, roles, seen, since, splits }) => [
    line(name),
    roles.length === 0 ? "looks" : roles.join(", "),
    time(since),
    time(seen),
    String(splits),
    lanes.map(({ route, lane, tracks, of }) => line(`${route}/${lane} ${tracks} of ${of}`)).join(", ")
  ])
  return `exporters:\n${table(heads, rows)}`
}
