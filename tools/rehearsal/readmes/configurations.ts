/**
 * What the ```yaml blocks of READMEs take for given.
 *
 * A block that is not named here is put into a whole configuration and checked as it stands.
 */
import type { Given } from "./block.ts"

export interface Configuration extends Given {
  /** Values of environment variables; any other that is named is given its own name. */
  readonly environment?: Record<string, string>
  /** Other files of its folder. */
  readonly files?: Record<string, string>
  /** Why it is not checked. */
  readonly notRun?: string
}

export const configurations: ReadonlyArray<Configuration> = [
  {
    package: "@millrace/destination-http",
    holds: "standardWebhooks",
    replace: { "https://api.example.com": "VENDOR" },
    environment: { WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }
  },
  {
    package: "@millrace/exporter",
    holds: "backfill: true",
    replace: { "pod: us1": "baseUrl: EMULATOR" }
  },
  {
    package: "@millrace/exporter",
    holds: "ALERT_WEBHOOK",
    environment: {
      ALERT_WEBHOOK: "https://alerts.example.com/hook",
      SMTP_URL: "smtps://millrace:password@mail.example.com"
    }
  },
  {
    package: "@millrace/source-currents-http",
    holds: "CURRENTS_TOKEN",
    replace: { "port: 8080": "port: 0" }
  },
  {
    package: "@millrace/source-s3",
    holds: "bucket: acme-currents",
    notRun: "there is no such bucket"
  },
  {
    package: "@millrace/source-azure-blob",
    holds: "container: acme-currents",
    notRun: "there is no such container"
  },
  {
    package: "@millrace/source-gcs",
    holds: "bucket: acme-currents",
    notRun: "there is no such bucket"
  },
  {
    package: "@millrace/source-nats",
    holds: "stream: EVENTS",
    notRun: "there may be no nats-server"
  },
  {
    package: "@millrace/outbox-postgres",
    holds: "schema: millrace",
    notRun: "there may be no PostgreSQL server"
  },
  {
    package: "@millrace/source-files",
    holds: "path: ./currents #",
    files: { "currents/none.ndjson": "" }
  },
  {
    package: "@millrace/destination-mparticle",
    holds: "an identity type of mParticle",
    replace: { "pod: us1 #": "baseUrl: EMULATOR #" }
  },
  ...["segment", "amplitude", "mixpanel"].map((name) => ({
    package: `@millrace/destination-${name}`,
    holds: "order.placed: Order Placed",
    replace: { "region: us #": "baseUrl: VENDOR #" }
  })),
  {
    package: "@millrace/destination-mparticle",
    holds: "appId: 5f0e7d3c",
    replace: { "pod: us1, environment: production": "baseUrl: EMULATOR, environment: production" }
  },
  ...["segment", "amplitude", "mixpanel"].map((name) => ({
    package: `@millrace/destination-${name}`,
    holds: "order.placed: Order Completed",
    replace: { "region: us": "baseUrl: VENDOR" }
  })),
  {
    package: "millrace",
    holds: "name: braze-to-mparticle",
    replace: { "pod: us1, environment: production": "baseUrl: EMULATOR, environment: production" },
    files: { "secrets/unbound": "MP_UNBOUND_SECRET", "currents/none.ndjson": "" }
  }
]

const indented = (text: string, width: number) => text.replace(/^(?=.)/gm, " ".repeat(width))

const source = 'source: { use: "@millrace/source-stdin", settings: { format: braze-currents } }\n'
const outbox = 'outbox: { use: "@millrace/outbox-sqlite", settings: { path: ./state } }\n'
const to = 'to: { use: "@millrace/destination-files", settings: { path: ./lake } }\n'

/** A whole configuration around a part of one. */
export const whole = (text: string): string => {
  const has = (key: string) => new RegExp(`^${key}:`, "m").test(text)
  if (has("name")) return text
  const isOfRoute = has("to") || has("transforms")
  const route = `${has("to") ? "" : to}${isOfRoute ? text : ""}`
  const rest = isOfRoute ? "" : text
  return [
    "name: example\n",
    has("source") ? "" : source,
    has("outbox") ? "" : outbox,
    rest,
    has("routes") ? "" : `routes:\n  - name: example\n${indented(route, 4)}`
  ].join("")
}

export const environmentOf = (text: string, given: Configuration | undefined): Record<string, string> => {
  const names = [...text.matchAll(/\benv: (\w+)/g)].map((match) => match[1] ?? "")
  return { ...Object.fromEntries(names.map((name) => [name, name])), ...given?.environment }
}
