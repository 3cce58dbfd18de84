import type { Outbox } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"

/** A lane that an event went through, so that it is known; yields what opens and closes its gate. */
export const knownLane = Effect.fnUntraced(function* (outbox: Outbox["Service"]) {
  const key = { route: "crm", lane: "web" }
  yield* outbox.append({
    origin: { source: "default", split: "a", position: "" },
    at: 0,
    parcels: [],
    buried: [],
    counts: [
      { route: "crm", kind: "read", key: "", events: 1 },
      { route: "crm", kind: "delivered", key: "web", events: 1 }
    ]
  })
  return (open: boolean) =>
    outbox.setGate(key, { open, reason: open ? "" : "unauthorized", since: 0, notBefore: 0 })
})
