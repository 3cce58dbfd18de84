import { till } from "./good.ts"

export const made = till({ settings: { shelf: "a" }, credentials: { key: "plain" } })
