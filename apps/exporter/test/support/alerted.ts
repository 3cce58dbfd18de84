/** Who is alerted: a webhook and an SMTP server of their own. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import { SMTPServer } from "smtp-server"

/** A webhook that answers what it is told to. */
export const startHook = Effect.gen(function* () {
  const hook = { answer: 200, requests: [] as { line: string; body: string; answer: number }[], url: "" }
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (part) => {
      body += part
    })
    request.on("end", () => {
      hook.requests.push({ line: `${request.method} ${request.url}`, body, answer: hook.answer })
      response.writeHead(hook.answer).end()
    })
  })
  yield* Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void)))
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    })
  )
  hook.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return hook
})

/** An SMTP server that takes any mail, with any password. */
export const startMail = Effect.gen(function* () {
  const mails: Array<string> = []
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    onAuth: ({ username }, _session, callback) => callback(null, { user: username }),
    disabledCommands: ["STARTTLS"],
    onData: (stream, _session, callback) => {
      let mail = ""
      stream.on("data", (part) => {
        mail += part
      })
      stream.on("end", () => {
        mails.push(mail)
        callback()
      })
    }
  })
  yield* Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void)))
  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
  )
  return { mails, host: `127.0.0.1:${(server.server.address() as AddressInfo).port}` }
})
