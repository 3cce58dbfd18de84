import { Destination, Outcome } from "@millrace/core"
import { assign, credentials, lanes, limits, orders, prepare, settings } from "./good.ts"

export const till = Destination.plugin({
  name: "till",
  accepts: orders,
  settings,
  credentials,
  open: () =>
    Destination.opened({
      lanes,
      limits,
      assign,
      prepare,
      connect: Destination.connectAsync(() => ({
        deliver: async (batch) => Outcome.Outcomes.all(batch, Outcome.delivered)
      }))
    })
})
