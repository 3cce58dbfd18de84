import * as Destination from "@millrace/core/Destination"
import type { BrazeEvent } from "@millrace/events-braze"
import { present } from "@millrace/events-braze/Values"
import type { Settings } from "../Settings.ts"

/** The only one: a destination is one source. */
export const lane = "main"

const sent = Destination.to(lane)
const skipped = Destination.skip("anonymous")

export const assigner = ({
  identity: { anonymous, user }
}: Settings): ((event: BrazeEvent) => Destination.Assignment) => {
  const sendsAnonymous = anonymous === "send"
  return (event) =>
    present(event.user[user]) || (sendsAnonymous && present(event.user.sourceId)) ? sent : skipped
}
