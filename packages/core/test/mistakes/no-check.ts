import { Destination } from "@millrace/core"
import { assign, credentials, deliver, lanes, limits, orders, prepare, settings } from "./good.ts"

export const till = Destination.plugin({
  name: "till",
  accepts: orders,
  settings,
  credentials,
  open: () =>
    Destination.opened({ lanes, limits, assign, prepare, connect: () => Destination.connected({ deliver }) })
})
