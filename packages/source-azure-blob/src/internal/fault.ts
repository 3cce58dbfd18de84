/** What the client throws, as a fault of the store. */
import type { SourceError } from "@millrace/core/Source"
import { StoreFault } from "@millrace/objects"
import { isObject } from "effect/Predicate"

/** By the code that the store answers with, or the name of what the identity library throws. */
const codes: { readonly [code: string]: StoreFault.Kind } = {
  ContainerNotFound: "not-found",
  ContainerBeingDeleted: "not-found",
  ResourceNotFound: "not-found",
  BlobNotFound: "gone",
  ConditionNotMet: "replaced",
  InvalidAuthenticationInfo: "wrong-key",
  NoAuthenticationInformation: "wrong-key",
  AuthenticationRequiredError: "wrong-key",
  AuthenticationError: "wrong-key",
  AggregateAuthenticationError: "no-credentials",
  CredentialUnavailableError: "no-credentials",
  ServerBusy: "throttled",
  OperationTimedOut: "unreachable",
  BlobArchived: "denied"
}

interface Thrown {
  readonly code: string
  readonly status: number | undefined
  /** Whether the signature is over, rather than wrong. */
  readonly isOver: boolean
}

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

const look = (thrown: unknown): Thrown => {
  if (!isObject(thrown)) return { code: "unknown", status: undefined, isOver: false }
  const details = isObject(thrown["details"]) ? thrown["details"] : {}
  const status = thrown["statusCode"]
  const said = `${textOf(details["authenticationErrorDetail"]) ?? ""} ${textOf(thrown["message"]) ?? ""}`
  return {
    code: textOf(thrown["code"]) ?? textOf(details["errorCode"]) ?? textOf(thrown["name"]) ?? "unknown",
    status: typeof status === "number" ? status : undefined,
    isOver: /signed expiry time|token is expired/i.test(said)
  }
}

const kindOf = ({ code, isOver, status }: Thrown, request: StoreFault.Request): StoreFault.Kind => {
  if (code === "AuthenticationFailed") return isOver ? "expired" : "wrong-key"
  return codes[code] ?? StoreFault.ofStatus(status, request)
}

const adviceOf = (kind: StoreFault.Kind, { code }: Thrown, role: string): string | undefined => {
  if (code === "BlobArchived") return "it is archived: rehydrate it first"
  if (kind === "denied" || kind === "forbidden")
    return `give these credentials the role ${role}, and let the account's network rules pass this machine`
  if (kind === "no-credentials")
    return "give connectionString or sasToken, or give the machine a managed identity"
  return undefined
}

/** `what` is the label and what was asked for, `role` the least that may ask for it. Nothing of the answer is told but its code. */
export const faultOf =
  (request: StoreFault.Request, what: string, role = "Storage Blob Data Reader on the container") =>
  (thrown: unknown): SourceError => {
    const known = look(thrown)
    const kind = kindOf(known, request)
    const advice = adviceOf(kind, known, role)
    return StoreFault.make(kind, { what, said: StoreFault.said(known.code, known.status), advice })
  }

/** A range that begins behind the end. */
export const isBehindEnd = (thrown: unknown): boolean => isObject(thrown) && thrown["statusCode"] === 416
