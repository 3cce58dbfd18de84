/**
 * The lanes as they stand: a table for people.
 */
import type { Definition } from "@millrace/core/Definition"
import type { Share } from "@millrace/core/Route"
import * as Lanes from "@millrace/operations/Lanes"
import type { Status } from "@millrace/operations/Status"
import { bytes, number } from "@millrace/operations/Text"
import * as Duration from "effect/Duration"
import { whyWaiting } from "./ledgerText.ts"
import { table } from "./table.ts"

/** One line a lane. `now` is in epoch milliseconds. */
export const lanesText = (
  status: Pick<Status, "lanes" | "stored">,
  definition: Definition,
  now: number
): string => {
  const rows = Lanes.list(status, definition).map((lane) => {
    const { gate, waiting, expires } = lane
    const since = gate.open ? (lane.failingSince ?? 0) : gate.since
    const isQuiet = gate.open && lane.trouble === ""
    return [
      lane.route,
      lane.lane,
      gate.open ? (lane.failingSince === undefined ? "open" : "failing") : "closed",
      since === 0 ? "" : new Date(since).toISOString(),
      lane.lastSuccess === undefined ? "" : new Date(lane.lastSuccess).toISOString(),
      number(waiting),
      held(lane.bytes, lane.share),
      expires === undefined ? "" : `in ${span(expires - now)}`,
      [isQuiet ? "" : whyWaiting(lane), nextAttempt(gate.notBefore, now)]
        .filter((text) => text !== "")
        .join("; ")
    ]
  })
  const header = [
    "route",
    "lane",
    "gate",
    "since",
    "last success",
    "waiting",
    "holds",
    "oldest expires",
    "why"
  ]
  return rows.length === 0 ? "no lane has been used yet" : table(header, rows)
}

/** When a lane is tried next that was told to wait, as by `Retry-After`, or whose key was refused. */
const nextAttempt = (notBefore: number, now: number): string =>
  notBefore > now ? `next attempt ${new Date(notBefore).toISOString()}` : ""

/** What waits in bytes, and of how many when the lane has a share. */
const held = (size: number, share: Share | undefined): string =>
  share === undefined ? bytes(size) : `${bytes(size)} of ${bytes(share.size)}`

/** The two largest units are enough to act on. */
const span = (millis: number): string =>
  Duration.format(Duration.minutes(Math.max(0, Math.round(millis / 60_000))))
    .split(" ")
    .slice(0, 2)
    .join(" ")
