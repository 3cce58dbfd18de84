import { Destination } from "@millrace/core"
import { assign, connect, credentials, lanes, limits, orders, prepare } from "./good.ts"

export const till = Destination.plugin({
  name: "till",
  accepts: orders,
  settings: { shelf: "a" },
  credentials,
  open: () => Destination.opened({ lanes, limits, assign, prepare, connect })
})
