/** Millrace as a user's program has it: validated, ordered, ledgered. */
import { join } from "node:path"
import { Exporter, Ledger, OutboxMemory } from "@millrace/core"
import { mparticle } from "@millrace/destination-mparticle"
import { OutboxSqlite } from "@millrace/outbox-sqlite"
import { files } from "@millrace/source-files"
import * as Redacted from "effect/Redacted"
import * as Command from "../command.ts"
import { credentials } from "../credentials.ts"
import { fail, given } from "./given.ts"

const pair = ({ key, secret }: { readonly key: string; readonly secret: string }) => ({
  key: Redacted.make(key),
  secret: Redacted.make(secret)
})

const settings = {
  baseUrl: given.url,
  environment: "development",
  grouping: given.grouping === "user" ? "user" : "event"
} as const

/** A destination with all four feeds. */
export const destination = mparticle({
  settings,
  credentials: {
    ios: pair(credentials.ios),
    android: pair(credentials.android),
    web: pair(credentials.web),
    unbound: pair(credentials.unbound)
  }
})

/** The same before its feeds have got their keys: all events wait. */
export const keyless = mparticle({
  settings: { ...settings, missingFeed: "hold" },
  credentials: {
    apps: [
      { appId: "none", feed: "unbound", key: Redacted.make("bench-other-key"), secret: Redacted.make("-") }
    ]
  }
})

const reading =
  given.store === "bucket"
    ? // Who reads files does not load what reads buckets.
      await (await import("../bucketSource.ts")).serving(given.input)
    : files({ settings: { path: given.input, format: "braze-currents" } })

export const exporterTo = (target: typeof destination) => {
  const source = Exporter.from(reading)
  return given.routes === "3"
    ? source
        .route("mail")
        .when("users.messages.email.*")
        .to(target)
        .route("app")
        .when(
          "users.messages.pushnotification.*",
          "users.messages.inappmessage.*",
          "users.messages.contentcard.*"
        )
        .to(target)
        .route("rest")
        .when("users.messages.sms.*", "users.canvas.*", "users.canvasstep.*")
        .to(target)
    : source.route("mparticle").to(target)
}

export const outbox =
  given.outbox === "sqlite"
    ? OutboxSqlite.layer({ directory: join(given.work, Command.state) })
    : OutboxMemory.layer

/** Fails unless the ledger balances and everything was delivered, or waits for a lane that is closed. */
export const expectSettled = (ledger: Ledger.Ledger): void => {
  if (Ledger.imbalance(ledger).length > 0) fail("the ledger does not balance")
  const waiting = Ledger.total(ledger, "waiting")
  if (Ledger.total(ledger, "dead") > 0) fail("some events became dead letters")
  if (waiting > 0 !== (given.closed !== "")) fail(`${waiting} events are waiting`)
}
