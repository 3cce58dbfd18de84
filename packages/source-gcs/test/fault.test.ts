import { assert, describe, it } from "@effect/vitest"
import type { StoreFault } from "@millrace/objects"
import { faultOf } from "../src/internal/fault.ts"

/** An error as the client throws it. */
const thrown = (code: number | string | undefined, message = "secret-of-answer", reason?: string) =>
  Object.assign(new Error(message), { code, ...(reason === undefined ? {} : { errors: [{ reason }] }) })

describe("what the client throws", () => {
  for (const [request, error, reason, kind] of [
    ["list", thrown(404, "x", "notFound"), "not-found", "retry"],
    ["read", thrown(404, "x", "notFound"), "gone", "retry"],
    ["read", thrown(412, "x", "conditionNotMet"), "replaced", "retry"],
    ["read", thrown(403, "x", "forbidden"), "denied", "retry"],
    ["list", thrown(403, "x", "forbidden"), "forbidden", "unauthorized"],
    ["list", thrown(401, "x", "authError"), "wrong-key", "unauthorized"],
    ["list", thrown(400, "invalid_grant: Invalid JWT Signature."), "wrong-key", "unauthorized"],
    ["list", thrown(undefined, "Could not load the default credentials."), "no-credentials", "unauthorized"],
    ["list", thrown(429, "x", "rateLimitExceeded"), "throttled", "retry"],
    ["list", thrown(503, "x", "backendError"), "throttled", "retry"],
    ["read", thrown(500, "x", "internalError"), "unreachable", "retry"],
    ["read", thrown("ECONNRESET"), "unreachable", "retry"],
    ["list", thrown(400, "x", "invalid"), "failed", "retry"]
  ] satisfies ReadonlyArray<readonly [StoreFault.Request, Error, string, string]>) {
    it(`${"code" in error ? error.code : ""} of ${request} is ${reason}`, () => {
      const told = faultOf(request, "gs://acme-currents/a.avro")(error)
      assert.deepStrictEqual([told.reason, told.kind], [reason, kind])
      assert.notInclude(told.detail, "secret-of-answer")
    })
  }
})
