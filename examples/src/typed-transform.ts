/** Transforms with types: what a step takes away, the next one cannot read, and the compiler says so. */
import { type Event, Exporter, OutboxMemory, Route, Source, Transform } from "@millrace/core"
import { http } from "@millrace/destination-http"
import { Braze, Sample } from "@millrace/events-braze"
import * as Effect from "effect/Effect"
import { secret, text } from "./environment.ts"

const hashKey = secret("HASH_KEY")
const sample = Sample.make({ seed: 3, users: 20 })
const events = Array.from({ length: 20 }, (_, index) =>
  sample.event("users.messages.email.Click", index, 1_790_000_000_000)
)

type Click = Event.Of<Braze.Types, "users.messages.email.Click">

/** A change of one's own: a host instead of a link, and no clicks without one. */
const host = (event: Click) => {
  const { url, ...properties } = event.properties
  if (url === undefined || url === null || !URL.canParse(url)) return Route.filtered("no-link")
  return { ...event, properties: { ...properties, host: new URL(url).host } }
}

const exporter = Exporter.from(Source.fromArray(events, { catalogue: Braze.catalogue }))
  .route("clicks")
  .when("users.messages.email.Click")
  .atIntake(Transform.hash(["email_address", "user.externalId"], () => hashKey))
  .through(host)
  .through(Transform.rename({ campaign_name: "campaign" }))
  .through((event) => (event.properties.campaign === undefined ? Route.filtered("no-campaign") : event))
  .to(http({ settings: { url: text("WEBHOOK_URL"), batch: "array" } }))

const ledger = await exporter.run.pipe(Effect.provide(OutboxMemory.layer), Effect.runPromise)
console.log(JSON.stringify(ledger.routes["clicks"]))
