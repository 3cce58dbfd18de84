/**
 * Alerts on their way: to a webhook as JSON, and by e-mail.
 */
import * as Transport from "@millrace/http/Transport"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createTransport } from "nodemailer"
import type { Alert } from "./memory.ts"

/** An alert could not be sent. Names the way, never its address: that may be a secret. */
class AlertError extends Data.TaggedError("AlertError")<{ readonly message: string }> {}

export type Send = (name: string, alerts: ReadonlyArray<Alert>) => Effect.Effect<void, AlertError>

const mark = { raised: "ALERT", reminder: "STILL", healed: "OK" } as const

const lines = (alerts: ReadonlyArray<Alert>) => alerts.map(({ kind, text }) => `${mark[kind]}: ${text}`)

/** A way that hangs holds up what is to be told next. */
const limits = { connect: "5 seconds", headers: "10 seconds", body: "5 seconds" } as const

/** `text` is what Slack and its like show; `alerts` is for programs. */
export const webhook =
  (url: Redacted.Redacted<string>): Send =>
  (name, alerts) =>
    Effect.scoped(
      Effect.gen(function* () {
        const target = yield* Effect.try({
          try: () => new URL(Redacted.value(url)),
          catch: () => new AlertError({ message: "alerts.webhook.url is not a URL" })
        })
        const transport = yield* Transport.Transport
        const failed = (detail: string) =>
          new AlertError({ message: `the alerts webhook did not take it: ${detail}` })
        const channel = yield* transport.open(target.origin, limits)
        const body = JSON.stringify({
          text: lines(alerts)
            .map((line) => `[${name}] ${line}`)
            .join("\n"),
          exporter: name,
          alerts
        })
        const { status } = yield* Effect.mapError(
          channel.send({
            method: "POST",
            path: target.pathname + target.search,
            headers: { "content-type": "application/json" },
            body: new TextEncoder().encode(body)
          }),
          ({ code, proxy, reason }) => {
            const what = reason === "proxy" ? "not let through" : reason
            return failed(`${what}${proxy === undefined ? "" : ` at the proxy ${proxy}`} (${code})`)
          }
        )
        if (status >= 300) return yield* failed(`status ${status}`)
      })
    )

/** `server` is an SMTP URL, such as `smtps://user:password@host`. */
export const email =
  (server: Redacted.Redacted<string>, from: string, to: string): Send =>
  (name, alerts) =>
    Effect.tryPromise({
      try: async () => {
        const transport = createTransport(Redacted.value(server))
        try {
          const [first] = lines(alerts)
          const subject = alerts.length === 1 ? `[${name}] ${first}` : `[${name}] ${alerts.length} alerts`
          await transport.sendMail({
            from,
            to,
            subject: subject.slice(0, 150),
            text: lines(alerts).join("\n\n")
          })
        } finally {
          transport.close()
        }
      },
      catch: (cause) => {
        const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error"
        return new AlertError({ message: `the alerts e-mail was not taken by the SMTP server (${code})` })
      }
    })
