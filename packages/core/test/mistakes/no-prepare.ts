import { Destination } from "@millrace/core"
import { assign, connect, credentials, lanes, limits, orders, settings } from "./good.ts"

export const till = Destination.plugin({
  name: "till",
  accepts: orders,
  settings,
  credentials,
  open: () => Destination.opened({ lanes, limits, assign, connect })
})
