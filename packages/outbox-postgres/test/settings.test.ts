import { assert, describe, it } from "@effect/vitest"
import { postgres } from "@millrace/outbox-postgres"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

const made = (settings: unknown, credentials: unknown = {}) =>
  postgres.fromUnknown({ settings, credentials: Effect.succeed(credentials) })

describe("the settings of an outbox in PostgreSQL", () => {
  it("are all there by default, and name what is wrong", () => {
    assert.isTrue(Result.isSuccess(made({})))
    for (const [settings, wrong] of [
      [{ schema: "Mine" }, /settings\.schema: expected a name of lower-case letters/],
      [{ tracks: 0 }, /settings\.tracks/],
      [{ tracks: 2.5 }, /settings\.tracks/],
      [{ lease: "3 seconds" }, /expected a lease of 2 seconds or more, and renew at most a third of it/],
      [{ lease: "1 second" }, /expected a lease of 2 seconds or more/],
      [{ path: "./state" }, /settings\.path/]
    ] as const) {
      const result = made(settings)
      assert.match(Result.isFailure(result) ? result.failure.message : "", wrong)
    }
  })

  it.effect("say that the address cannot be read, and never what it is", () =>
    Effect.gen(function* () {
      for (const credentials of [{}, { url: Redacted.make("mysql://root:very-secret@host/x") }]) {
        const { check } = Result.getOrThrow(made({}, credentials))
        const error = yield* Effect.flip(check ?? Effect.void)
        assert.match(error.message, /^the address of the outbox cannot be read: credentials\.url: /)
        assert.notInclude(error.message, "very-secret")
      }
    })
  )
})
