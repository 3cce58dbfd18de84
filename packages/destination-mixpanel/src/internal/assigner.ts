import * as Destination from "@millrace/core/Destination"
import type { BrazeEvent } from "@millrace/events-braze"
import { present } from "@millrace/events-braze/Values"
import type { Settings } from "../Settings.ts"

/** The only one: a destination is one project. */
export const lane = "main"

const sent = Destination.to(lane)
const skipped = Destination.skip("anonymous")

export const assigner =
  ({ identity: { user } }: Settings): ((event: BrazeEvent) => Destination.Assignment) =>
  (event) =>
    present(event.user[user]) ? sent : skipped
