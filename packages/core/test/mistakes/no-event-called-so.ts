import { route } from "./good.ts"

export const made = route.when("shop.Ordr")
