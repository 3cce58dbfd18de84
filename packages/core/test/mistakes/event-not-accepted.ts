import * as Redacted from "effect/Redacted"
import { route, till } from "./good.ts"

export const made = route.to(till({ settings: { shelf: "a" }, credentials: { key: Redacted.make("key") } }))
