/** What the client throws, as a fault of the store. */
import type { SourceError } from "@millrace/core/Source"
import { codeOf } from "@millrace/core/Thrown"
import { StoreFault } from "@millrace/objects"
import { isObject } from "effect/Predicate"

/** By the code that the store answers with. */
const codes: { readonly [code: string]: StoreFault.Kind } = {
  NoSuchBucket: "not-found",
  NoSuchKey: "gone",
  PreconditionFailed: "replaced",
  PermanentRedirect: "wrong-region",
  TemporaryRedirect: "wrong-region",
  AuthorizationHeaderMalformed: "wrong-region",
  IllegalLocationConstraintException: "wrong-region",
  InvalidAccessKeyId: "wrong-key",
  SignatureDoesNotMatch: "wrong-key",
  InvalidToken: "wrong-key",
  UnrecognizedClientException: "wrong-key",
  InvalidSecurity: "wrong-key",
  AccountProblem: "wrong-key",
  ExpiredToken: "expired",
  ExpiredTokenException: "expired",
  RequestExpired: "expired",
  TokenRefreshRequired: "expired",
  CredentialsProviderError: "no-credentials",
  SlowDown: "throttled",
  Throttling: "throttled",
  ThrottlingException: "throttled",
  RequestLimitExceeded: "throttled",
  TooManyRequestsException: "throttled",
  ServiceUnavailable: "throttled",
  TimeoutError: "unreachable",
  AbortError: "unreachable",
  RequestTimeout: "unreachable",
  InvalidObjectState: "denied"
}

const statuses: { readonly [status: number]: StoreFault.Kind } = {
  301: "wrong-region",
  307: "wrong-region"
}

interface Thrown {
  /** A name such as `NoSuchKey` or `ECONNRESET`. */
  readonly code: string
  readonly status: number | undefined
  /** The region that the store names as the right one. */
  readonly region: string | undefined
}

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

const look = (thrown: unknown): Thrown => {
  if (!isObject(thrown)) return { code: "unknown", status: undefined, region: undefined }
  const metadata = isObject(thrown["$metadata"]) ? thrown["$metadata"] : {}
  const response = isObject(thrown["$response"]) ? thrown["$response"] : {}
  const headers = isObject(response["headers"]) ? response["headers"] : {}
  const status = metadata["httpStatusCode"]
  const system = codeOf(thrown)
  return {
    code: /^E[A-Z]+|^UND_|^CERT|^DEPTH|^SELF/.test(system) ? system : (textOf(thrown["name"]) ?? system),
    status: typeof status === "number" ? status : undefined,
    region: textOf(headers["x-amz-bucket-region"]) ?? textOf(thrown["Region"])
  }
}

const kindOf = ({ code, region, status }: Thrown, request: StoreFault.Request): StoreFault.Kind => {
  const known = codes[code] ?? (status === undefined ? undefined : statuses[status])
  if (known !== undefined) return known
  return status === 400 && region !== undefined ? "wrong-region" : StoreFault.ofStatus(status, request)
}

const adviceOf = (kind: StoreFault.Kind, { code, region }: Thrown): string | undefined => {
  if (kind === "wrong-region" && region !== undefined) return `set region: ${region} in the settings`
  if (code === "InvalidObjectState") return "it is archived: restore it first"
  if (code === "RequestTimeTooSkewed") return "set the clock of this machine"
  if (kind === "denied")
    return "give these credentials s3:GetObject on it, and kms:Decrypt where it is encrypted"
  if (kind === "forbidden") return "give these credentials s3:ListBucket on the bucket"
  if (kind === "no-credentials") return "set accessKeyId and secretAccessKey, or give the machine a role"
  return undefined
}

/** `what` is the label and what was asked for. Nothing of the answer is told but its code. */
export const faultOf =
  (request: StoreFault.Request, what: string) =>
  (thrown: unknown): SourceError => {
    const known = look(thrown)
    const kind = kindOf(known, request)
    const advice = adviceOf(kind, known)
    return StoreFault.make(kind, { what, said: StoreFault.said(known.code, known.status), advice })
  }
