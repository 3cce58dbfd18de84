/** One destination alone in a script: two events to mParticle, and the ledger. */
import { Exporter, Ledger, OutboxMemory, Source } from "@millrace/core"
import { mparticle } from "@millrace/destination-mparticle"
import { Braze, Sample } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import { secret, text } from "./environment.ts"

const sample = Sample.make({ seed: 1, users: 2 })
const events = [0, 1].map((index) => sample.event("users.messages.email.Open", index, 1_790_000_000_000))

const exporter = Exporter.from(Source.fromArray(events, { catalogue: Braze.catalogue }))
  .route("mparticle")
  .to(
    mparticle({
      settings: { baseUrl: text("MPARTICLE_URL") },
      credentials: { unbound: { key: secret("MPARTICLE_KEY"), secret: secret("MPARTICLE_SECRET") } }
    })
  )

const ledger = await exporter.run.pipe(Effect.provide(OutboxMemory.layer), Effect.runPromise)
console.log(JSON.stringify(ledger.routes))
if (Ledger.imbalance(ledger).length > 0) throw new Error("the ledger does not balance")
