import type { TlsOptions } from "node:tls"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { ClientCertificate, Delivery, Transport } from "@millrace/http"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { pem, secure } from "./support/secure.ts"
import { failure, post, sockets } from "./support/servers.ts"

const given = (certificate: string, key: string, passphrase?: string): ClientCertificate => ({
  certificate: Redacted.make(pem(certificate)),
  key: Redacted.make(pem(key)),
  ...(passphrase !== undefined && { passphrase: Redacted.make(passphrase) })
})

const own = given("client.certificate", "client.key")

/** A server that wants a certificate of the authority, and answers with the name in it. */
const wanting = (options: TlsOptions = {}) =>
  Effect.map(
    secure({ requestCert: true, ca: pem("authority.certificate"), ...options }, (socket) =>
      socket.once("data", () => {
        const name = String(socket.getPeerCertificate().subject?.CN)
        socket.end(`HTTP/1.1 202 Accepted\r\ncontent-length: ${name.length}\r\n\r\n${name}`)
      })
    ),
    (port) => `https://localhost:${port}`
  )

describe("a client certificate", () => {
  it.live("is shown to a remote that asks for one, with a key that has a passphrase or none", () =>
    Effect.gen(function* () {
      const origin = yield* wanting()
      for (const clientCertificate of [own, given("client.certificate", "client.sealed", "hunter2")]) {
        const channel = yield* Transport.open(origin, { clientCertificate })
        assert.strictEqual((yield* channel.send(post)).body, "Millrace test client")
      }
    })
  )

  it.live("that is missing is what the error tells of, in every version of TLS", () =>
    Effect.gen(function* () {
      for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
        const origin = yield* wanting({ minVersion: version, maxVersion: version })
        const error = yield* failure(origin)
        assert.include(error.message, "set clientCertificate in the credentials", `${version} ${error.code}`)
      }
    })
  )

  it.live("that is not accepted is what the error tells of", () =>
    Effect.gen(function* () {
      // Alerts of TLS: bad, revoked, expired and unknown certificate, unknown authority, access denied, certificate required.
      for (const alert of [42, 44, 45, 46, 48, 49, 116]) {
        const { origin } = yield* sockets((socket) =>
          socket.once("data", () => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, alert])))
        )
        const error = yield* failure(origin.replace("http", "https"), { clientCertificate: own })
        assert.strictEqual(error.reason, "client-certificate", `${alert} ${error.code}`)
        assert.include(error.message, "does not accept the one it got")
      }
    })
  )

  it.live("that nginx misses, and says so in its own way, is no fault of the events", () =>
    Effect.gen(function* () {
      const page = "<html><head><title>400 No required SSL certificate was sent</title></head></html>"
      const port = yield* secure({}, (socket) =>
        socket.once("data", () =>
          socket.end(`HTTP/1.1 400 Bad Request\r\ncontent-length: ${page.length}\r\n\r\n${page}`)
        )
      )
      assert.strictEqual((yield* failure(`https://localhost:${port}`)).reason, "client-certificate")
    })
  )

  it.live("that is wanted closes the lane until there is one", () =>
    Effect.gen(function* () {
      const error = yield* failure(yield* wanting())
      assert.deepInclude(Delivery.noAnswer(error).outcome, { _tag: "Unauthorized", reason: "unauthorized" })
    })
  )

  const read = (value: unknown) => Schema.decodeUnknownResult(ClientCertificate)(value)

  it("is refused in settings where it cannot be used, without a word of it", () => {
    const cases = [
      [{ ...own, certificate: Redacted.make("hunter2") }, "expected a certificate in PEM"],
      [{ ...own, key: Redacted.make("hunter2") }, "expected a private key in PEM"],
      [given("client.certificate", "client.sealed"), "and its passphrase if it has one"],
      [given("client.certificate", "client.sealed", "hunter3"), "and its passphrase if it has one"],
      [given("client.certificate", "stranger.key"), "this is that of another"]
    ] as const
    for (const [value, says] of cases) {
      const text = String(Result.getOrThrow(Result.flip(read(value))))
      assert.include(text, says)
      assert.notMatch(text, /hunter|BEGIN/)
    }
    assert.isTrue(Result.isSuccess(read(own)))
    assert.notMatch(inspect(own, { depth: 9 }), /BEGIN/)
  })
})
