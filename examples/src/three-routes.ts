/** Three routes in one app: files on disk to mParticle, Segment and an endpoint of one's own, durable between runs. */
import { Exporter } from "@millrace/core"
import { http } from "@millrace/destination-http"
import { mparticle } from "@millrace/destination-mparticle"
import { segment } from "@millrace/destination-segment"
import { sqlite } from "@millrace/outbox-sqlite"
import { files } from "@millrace/source-files"
import * as Effect from "effect/Effect"
import { secret, text } from "./environment.ts"

const exporter = Exporter.from(files({ settings: { path: text("EXPORT"), format: "braze-currents" } }))
  .route("mparticle")
  .to(
    mparticle({
      settings: { baseUrl: text("MPARTICLE_URL") },
      credentials: { unbound: { key: secret("MPARTICLE_KEY"), secret: secret("MPARTICLE_SECRET") } }
    })
  )
  .route("segment")
  .when("users.messages.email.*")
  .except("*.Abort")
  .to(
    segment({
      settings: { baseUrl: text("SEGMENT_URL") },
      credentials: { writeKey: secret("SEGMENT_WRITE_KEY") }
    })
  )
  .route("bounces")
  .when("*.Bounce", "*.SoftBounce")
  .to(
    http({
      settings: { url: text("WEBHOOK_URL"), batch: "envelope" },
      credentials: { bearer: secret("WEBHOOK_TOKEN") }
    }),
    { retention: "3 days", policy: { concurrency: 1 } }
  )

const outbox = sqlite({ settings: { path: text("STATE") } })
const ledger = await exporter.run.pipe(Effect.provide(outbox.layer), Effect.runPromise)
for (const [route, counts] of Object.entries(ledger.routes)) console.log(route, JSON.stringify(counts))
