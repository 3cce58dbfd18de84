/**
 * The lanes as they stand: a table for people, and everything in it for programs.
 */
import type { Loaded } from "@millrace/config/Config"
import type { Share } from "@millrace/core/Route"
import * as Duration from "effect/Duration"
import { whyWaiting } from "./ledgerText.ts"
import type { Status } from "./operations.ts"
import { keptFor } from "./policyText.ts"
import { bytes, number, table } from "./table.ts"

type Given = Pick<Status, "lanes" | "stored">
type Defined = Pick<Loaded, "definition">

/** Every lane with what waits for it; times are in epoch milliseconds. */
export const lanesOf = ({ lanes, stored }: Given, { definition }: Defined) =>
  lanes.map((status) => {
    const state = stored.find(({ route, lane }) => route === status.route && lane === status.lane)
    const route = definition.routes.find(({ name }) => name === status.route)
    const oldest = state?.oldest
    return {
      ...status,
      waiting: state?.waiting ?? 0,
      bytes: state?.bytes ?? 0,
      ...(route?.share === undefined ? {} : { share: route.share }),
      ...(oldest === undefined ? {} : { oldest, expires: oldest + keptFor(route, definition.retention) })
    }
  })

/** One line a lane. `now` is in epoch milliseconds. */
export const lanesText = (given: Given, defined: Defined, now: number): string => {
  const rows = lanesOf(given, defined).map((status) => {
    const { gate, waiting, expires } = status
    const since = gate.open ? (status.failingSince ?? 0) : gate.since
    const isQuiet = gate.open && status.trouble === ""
    return [
      status.route,
      status.lane,
      gate.open ? (status.failingSince === undefined ? "open" : "failing") : "closed",
      since === 0 ? "" : new Date(since).toISOString(),
      status.lastSuccess === undefined ? "" : new Date(status.lastSuccess).toISOString(),
      number(waiting),
      held(status.bytes, status.share),
      expires === undefined ? "" : `in ${span(expires - now)}`,
      [isQuiet ? "" : whyWaiting(status), nextAttempt(gate.notBefore, now)]
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
