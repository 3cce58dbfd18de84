/**
 * What a store refuses, as the errors that discovery and reading know. An adapter finds out which fault it is; the words
 * for the operator, and what becomes of it, are the same for all stores.
 *
 * @since 1.0.0
 */
import { SourceError } from "@millrace/core/Source"
import type * as Duration from "effect/Duration"

/**
 * What went wrong.
 *
 * - `gone`, `replaced`, `denied`: of one object.
 * - `not-found`: the bucket or container is not there.
 * - `wrong-region`: it is in another region than the one asked.
 * - `forbidden`: the credentials are right, and may not list here.
 * - `wrong-key`: the credentials are not known, or do not sign as they should.
 * - `expired`: they were right, and are over.
 * - `no-credentials`: none were found.
 * - `throttled`: asked too often.
 * - `unreachable`: no answer, or one that broke off.
 * - `failed`: anything else.
 *
 * @since 1.0.0
 * @category models
 */
export type Kind =
  | "gone"
  | "replaced"
  | "denied"
  | "not-found"
  | "wrong-region"
  | "forbidden"
  | "wrong-key"
  | "expired"
  | "no-credentials"
  | "throttled"
  | "unreachable"
  | "failed"

/**
 * What is known of it.
 *
 * @since 1.0.0
 * @category models
 */
export interface About {
  /** The label of the store, and behind a `/` the key or prefix that was asked for. */
  readonly what: string
  /** What the store said: a code and a status, such as `AccessDenied, 403`. No secret, no signed address. */
  readonly said: string
  /** What to do about it, in place of the words for all stores: the name of a permission, or the region that is right. */
  readonly advice?: string | undefined
  /** How long the store asks to be left alone. */
  readonly after?: Duration.Input
}

interface Words {
  readonly kind?: "unauthorized"
  readonly is: string
  readonly advice: string
}

const words: { readonly [K in Kind]: Words } = {
  gone: { is: "is not there any more", advice: "put it back" },
  replaced: { is: "was replaced while it was read", advice: "it is looked at again" },
  denied: { is: "may not be read", advice: "give these credentials permission to read it" },
  "not-found": { is: "is not there", advice: "check the name in the settings, or create it" },
  "wrong-region": { is: "is in another region", advice: "set its region in the settings" },
  forbidden: {
    kind: "unauthorized",
    is: "may not be listed",
    advice: "give these credentials permission to list it"
  },
  "wrong-key": {
    kind: "unauthorized",
    is: "the credentials are refused",
    advice: "check them, or make new ones"
  },
  expired: { kind: "unauthorized", is: "the credentials have expired", advice: "renew them" },
  "no-credentials": { kind: "unauthorized", is: "no credentials were found", advice: "set them" },
  throttled: { is: "is asked too often", advice: "it is asked again after a while" },
  unreachable: { is: "does not answer", advice: "it is asked again after a while" },
  failed: { is: "cannot be read", advice: "it is asked again after a while" }
}

/**
 * What was asked of a store.
 *
 * @since 1.0.0
 * @category models
 */
export type Request = "list" | "read"

/**
 * What the status of an answer means where the store's own code tells no more; without a status there was no answer.
 *
 * @since 1.0.0
 * @category conversions
 */
export const ofStatus = (status: number | undefined, request: Request): Kind => {
  if (status === 401) return "wrong-key"
  if (status === 403) return request === "read" ? "denied" : "forbidden"
  if (status === 404) return request === "read" ? "gone" : "not-found"
  if (status === 412) return "replaced"
  if (status === 429 || status === 503) return "throttled"
  return status === undefined || status >= 500 ? "unreachable" : "failed"
}

/**
 * What a store said, for `About`: its code, and the status of the answer where there was one.
 *
 * @since 1.0.0
 * @category conversions
 */
export const said = (code: string, status: number | undefined): string =>
  status === undefined ? code : `${code}, ${status}`

/**
 * The error of a fault, with its line: what it is about, what is wrong, what the store said, what to do.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make = (fault: Kind, { advice, after, said, what }: About): SourceError => {
  const { advice: usual, is, kind = "retry" } = words[fault]
  return new SourceError({
    kind,
    reason: fault,
    detail: `${what}: ${is} (${said}); ${advice ?? usual}`,
    ...(after === undefined ? {} : { after })
  })
}
