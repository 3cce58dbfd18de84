/**
 * Alerts on their way: to a webhook as JSON, and by e-mail.
 */
import type { AlertWay, Loaded } from "@millrace/config/Config"
import * as Transport from "@millrace/http/Transport"
import type { Alert, Watched } from "@millrace/operations/Alerts"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/** An alert could not be sent. Names the way, never its address: that may be a secret. */
class AlertError extends Data.TaggedError("AlertError")<{ readonly message: string }> {}

export type Send = (name: string, alerts: ReadonlyArray<Alert>) => Effect.Effect<void, AlertError>

const mark = { raised: "ALERT", changed: "ALERT", reminder: "STILL", healed: "OK", test: "TEST" } as const

const lines = (alerts: ReadonlyArray<Alert>) => alerts.map(({ kind, text }) => `${mark[kind]}: ${text}`)

/** A way that hangs holds up what is to be told next. */
const limits = { connect: "5 seconds", headers: "10 seconds", body: "5 seconds" } as const

/** `text` is what Slack and its like show; `alerts` is for programs. */
export const webhook = (url: Redacted.Redacted<string>): Send =>
  Effect.fnUntraced(function* (name, alerts) {
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
  }, Effect.scoped)

/** Milliseconds that an SMTP server may take: to be reached, to greet, and to say anything at all. */
const smtpLimits = {
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 30_000,
  dnsTimeout: 10_000
}

const mailer = () => import("nodemailer")

/** Loads what these ways need: where alerts are due, nothing may be left to load. Commands that send none do without. */
export const ready = ({ alerts }: Loaded): Effect.Effect<void> =>
  alerts?.ways.some(({ name }) => name === "e-mail") ? Effect.asVoid(Effect.promise(mailer)) : Effect.void

/** `server` is an SMTP URL, such as `smtps://user:password@host`. */
export const email =
  (server: Redacted.Redacted<string>, from: string, to: string): Send =>
  (name, alerts) =>
    Effect.tryPromise({
      try: async () => {
        const { createTransport } = await mailer()
        const transport = createTransport({ url: Redacted.value(server), ...smtpLimits })
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

/** By a way of the configuration; its address is read first. */
export const by = (way: AlertWay): Send =>
  Effect.fnUntraced(
    function* (name, alerts) {
      const address = yield* Effect.mapError(way.address, ({ message }) => new AlertError({ message }))
      const send = way.name === "webhook" ? webhook(address) : email(address, way.from, way.to)
      yield* send(name, alerts)
    },

    Effect.timeoutOrElse({
      duration: longest,
      orElse: () => Effect.fail(new AlertError({ message: `the alerts ${way.name} did not answer in time` }))
    })
  )

/** The longest that one way may take. */
const longest = "1 minute"

/** The exporter of a configuration, as alerts look at it. Without alerts nobody is told. */
export const watched = (loaded: Loaded): Watched => ({
  ...loaded,
  ways: (loaded.alerts?.ways ?? []).map((way) => ({ name: way.name, send: by(way) })),
  remindEvery: loaded.alerts?.remindEvery ?? 0
})
