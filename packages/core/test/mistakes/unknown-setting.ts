import { Destination } from "@millrace/core"
import { assign, connect, credentials, limits, orders, prepare, settings } from "./good.ts"

export const till = Destination.plugin({
  name: "till",
  accepts: orders,
  settings,
  credentials,
  open: (options) =>
    Destination.opened({ lanes: [{ name: options.settings.shelve }], limits, assign, prepare, connect })
})
