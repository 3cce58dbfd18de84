import { assert, describe, it } from "@effect/vitest"
import type { StoreFault } from "@millrace/objects"
import { faultOf } from "../src/internal/fault.ts"

/** An error as the client throws it. */
const thrown = (code: string, statusCode?: number, message = "secret-of-answer") =>
  Object.assign(new Error(message), { code, ...(statusCode === undefined ? {} : { statusCode }) })

describe("what the client throws", () => {
  for (const [request, error, reason, kind] of [
    ["list", thrown("ContainerNotFound", 404), "not-found", "retry"],
    ["read", thrown("BlobNotFound", 404), "gone", "retry"],
    ["read", thrown("ConditionNotMet", 412), "replaced", "retry"],
    ["read", thrown("BlobArchived", 409), "denied", "retry"],
    ["read", thrown("AuthorizationPermissionMismatch", 403), "denied", "retry"],
    ["list", thrown("AuthorizationFailure", 403), "forbidden", "unauthorized"],
    ["list", thrown("AuthenticationFailed", 403), "wrong-key", "unauthorized"],
    [
      "list",
      thrown("AuthenticationFailed", 403, "Signed expiry time [...] must be after signed start time"),
      "expired",
      "unauthorized"
    ],
    [
      "list",
      Object.assign(new Error("no"), { name: "CredentialUnavailableError" }),
      "no-credentials",
      "unauthorized"
    ],
    ["list", thrown("ServerBusy", 503), "throttled", "retry"],
    ["list", thrown("InternalError", 500), "unreachable", "retry"],
    ["read", thrown("ECONNRESET"), "unreachable", "retry"],
    ["list", thrown("OutOfRangeInput", 400), "failed", "retry"]
  ] satisfies ReadonlyArray<readonly [StoreFault.Request, Error, string, string]>) {
    it(`${error.name} ${"code" in error ? error.code : ""} of ${request} is ${reason}`, () => {
      const told = faultOf(request, "https://acme/currents/a.avro")(error)
      assert.deepStrictEqual([told.reason, told.kind], [reason, kind])
      assert.notInclude(told.detail, "secret-of-answer")
    })
  }
})
