import { describe, expect, it } from "@effect/vitest"
import type { StoreFault } from "@millrace/objects"
import { faultOf } from "../src/internal/fault.ts"

/** An error as the client throws it. */
const thrown = (name: string, status?: number, headers: Record<string, string> = {}) =>
  Object.assign(new Error("told by the answer"), {
    name,
    ...(status === undefined ? {} : { $metadata: { httpStatusCode: status }, $response: { headers } })
  })

const told = (request: StoreFault.Request, error: unknown) => {
  const { detail, kind, reason } = faultOf(request, "s3://acme/a.avro")(error)
  return [reason, kind, detail]
}

describe("what the client throws", () => {
  for (const [request, error, reason, kind, line] of [
    [
      "list",
      thrown("NoSuchBucket", 404),
      "not-found",
      "retry",
      "is not there (NoSuchBucket, 404); check the name"
    ],
    [
      "list",
      thrown("AccessDenied", 403),
      "forbidden",
      "unauthorized",
      "may not be listed (AccessDenied, 403); give these credentials s3:ListBucket"
    ],
    [
      "read",
      thrown("AccessDenied", 403),
      "denied",
      "retry",
      "may not be read (AccessDenied, 403); give these credentials s3:GetObject"
    ],
    ["read", thrown("InvalidObjectState", 403), "denied", "retry", "it is archived: restore it"],
    [
      "list",
      thrown("InvalidAccessKeyId", 403),
      "wrong-key",
      "unauthorized",
      "the credentials are refused (InvalidAccessKeyId, 403)"
    ],
    [
      "read",
      thrown("SignatureDoesNotMatch", 403),
      "wrong-key",
      "unauthorized",
      "the credentials are refused"
    ],
    [
      "read",
      thrown("ExpiredToken", 400),
      "expired",
      "unauthorized",
      "have expired (ExpiredToken, 400); renew them"
    ],
    ["list", thrown("CredentialsProviderError"), "no-credentials", "unauthorized", "give the machine a role"],
    [
      "list",
      thrown("PermanentRedirect", 301, { "x-amz-bucket-region": "eu-west-1" }),
      "wrong-region",
      "retry",
      "set region: eu-west-1 in the settings"
    ],
    [
      "list",
      thrown("UnknownError", 400, { "x-amz-bucket-region": "eu-west-1" }),
      "wrong-region",
      "retry",
      "set region: eu-west-1"
    ],
    ["read", thrown("NoSuchKey", 404), "gone", "retry", "is not there any more"],
    ["read", thrown("PreconditionFailed", 412), "replaced", "retry", "was replaced while it was read"],
    ["list", thrown("SlowDown", 503), "throttled", "retry", "is asked too often (SlowDown, 503)"],
    ["read", thrown("InternalError", 500), "unreachable", "retry", "does not answer (InternalError, 500)"],
    [
      "read",
      Object.assign(new Error("x"), { code: "ECONNRESET" }),
      "unreachable",
      "retry",
      "does not answer (ECONNRESET)"
    ],
    ["read", thrown("TimeoutError"), "unreachable", "retry", "does not answer (TimeoutError)"],
    [
      "list",
      thrown("RequestTimeTooSkewed", 403),
      "forbidden",
      "unauthorized",
      "set the clock of this machine"
    ],
    ["list", thrown("InvalidBucketName", 400), "failed", "retry", "cannot be read (InvalidBucketName, 400)"],
    ["list", "text", "unreachable", "retry", "does not answer"]
  ] as const) {
    it(`${request}: ${typeof error === "string" ? error : error.name} is ${reason}`, () => {
      const [foundReason, foundKind, detail] = told(request, error)
      expect([foundReason, foundKind]).toEqual([reason, kind])
      expect(detail).toContain(line)
      expect(detail).toMatch(/^s3:\/\/acme\/a\.avro: /)
      expect(detail).not.toContain("told by")
    })
  }
})
