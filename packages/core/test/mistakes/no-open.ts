import { Destination } from "@millrace/core"
import { credentials, orders, settings } from "./good.ts"

export const till = Destination.plugin({ name: "till", accepts: orders, settings, credentials })
