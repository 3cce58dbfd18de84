import * as Redacted from "effect/Redacted"
import { till } from "./good.ts"

export const made = till({ settings: { shelf: "c" }, credentials: { key: Redacted.make("key") } })
