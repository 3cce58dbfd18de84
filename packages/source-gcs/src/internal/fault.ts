/** What the client throws, as a fault of the store. */
import type { SourceError } from "@millrace/core/Source"
import { StoreFault } from "@millrace/objects"
import { isObject } from "effect/Predicate"

interface Thrown {
  readonly code: string
  readonly status: number | undefined
  readonly kind: StoreFault.Kind | undefined
}

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

/** Of tokens the library tells in words alone. */
const tokenFaults: ReadonlyArray<readonly [RegExp, StoreFault.Kind]> = [
  [/could not load the default credentials/i, "no-credentials"],
  [/invalid_grant|invalid_client|invalid jwt|unsupported|private key/i, "wrong-key"],
  [/token.*expired/i, "expired"]
]

const look = (thrown: unknown): Thrown => {
  if (!isObject(thrown)) return { code: "unknown", status: undefined, kind: undefined }
  const number = Number(thrown["code"] ?? thrown["status"])
  const status = Number.isInteger(number) && number >= 100 ? number : undefined
  const [first] = Array.isArray(thrown["errors"]) ? thrown["errors"] : []
  const reason = isObject(first) ? textOf(first["reason"]) : undefined
  const message = textOf(thrown["message"]) ?? ""
  const isOfToken = status === undefined || status === 400
  return {
    code: reason ?? textOf(thrown["code"]) ?? textOf(thrown["name"]) ?? "unknown",
    status,
    kind: isOfToken ? tokenFaults.find(([pattern]) => pattern.test(message))?.[1] : undefined
  }
}

const adviceOf = (kind: StoreFault.Kind): string | undefined => {
  if (kind === "denied" || kind === "forbidden")
    return "give these credentials the role Storage Object Viewer on the bucket"
  if (kind === "no-credentials") return "give serviceAccountKey, or give the machine a service account"
  return undefined
}

/** `what` is the label and what was asked for. Nothing of the answer is told but its code. */
export const faultOf =
  (request: StoreFault.Request, what: string) =>
  (thrown: unknown): SourceError => {
    const known = look(thrown)
    const kind = known.kind ?? StoreFault.ofStatus(known.status, request)
    const advice = adviceOf(kind)
    return StoreFault.make(kind, { what, said: StoreFault.said(known.code, known.status), advice })
  }

export const statusOf = (thrown: unknown): number | undefined => look(thrown).status
