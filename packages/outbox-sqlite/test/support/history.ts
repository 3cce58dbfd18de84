/** What the killed process does, by rule, so that the test can tell from a number what must be there. */
import type { LaneKey } from "@millrace/core/Outbox"

export const lanes: ReadonlyArray<LaneKey> = [
  { route: "crm", lane: "ios" },
  { route: "crm", lane: "web" }
]

export const perLane = 10

export const textOf = ({ lane }: LaneKey, chunk: number, position: number): string =>
  `${lane} ${chunk} ${position}`

export const fateOf = (chunk: number, position: number): "waiting" | "delivered" | "dead" => {
  // Every fifth chunk is settled whole, so that parcels go and their space is used again.
  if (chunk % 5 === 0 || (chunk + position) % 3 === 0) return "delivered"
  return (chunk + position) % 7 === 1 ? "dead" : "waiting"
}
