/** What a request shows of its credentials. Secrets are revealed here, for the length of one request. */
import { createHash, createHmac } from "node:crypto"
import * as Redacted from "effect/Redacted"
import type { Credentials, Hmac } from "../Credentials.ts"
import * as StandardWebhooks from "../StandardWebhooks.ts"
import type { Headers } from "./headers.ts"

/** The same for the same messages in the same order, whenever they are sent. */
export const keyOf = (ids: ReadonlyArray<string>): string =>
  createHash("sha256").update(JSON.stringify(ids)).digest("hex")

/** The headers for a body that is sent now; `key` tells its messages from others. */
export const headersFor = (
  credentials: Credentials,
  body: Uint8Array,
  key: string,
  nowMillis: number
): Headers => {
  const { basic, bearer, headers, hmac, standardWebhooks } = credentials
  return {
    ...(bearer === undefined ? {} : { authorization: `Bearer ${Redacted.value(bearer)}` }),
    ...(basic === undefined ? {} : { authorization: `Basic ${base64(pairOf(basic))}` }),
    ...revealed(headers ?? {}),
    ...(hmac === undefined ? {} : { [hmac.header]: hmac.prefix + digest(hmac, body) }),
    ...(standardWebhooks === undefined
      ? {}
      : StandardWebhooks.headers({
          id: `msg_${key}`,
          nowMillis,
          body,
          secrets: secretsOf(standardWebhooks)
        }))
  }
}

/** Every text in which a secret may come back from a careless remote, the longest first. */
export const traces = (credentials: Credentials): ReadonlyArray<string> => {
  const { basic, bearer, headers, hmac, standardWebhooks } = credentials
  const secrets = [
    ...(bearer === undefined ? [] : [bearer]),
    ...Object.values(basic ?? {}),
    ...Object.values(headers ?? {}),
    ...(hmac === undefined ? [] : [hmac.secret]),
    ...(standardWebhooks === undefined ? [] : secretsOf(standardWebhooks))
  ].map(Redacted.value)
  const words = [...secrets, ...(basic === undefined ? [] : [pairOf(basic)])].filter((word) => word !== "")
  const forms = words.flatMap((word) => [
    word,
    base64(word),
    encodeURIComponent(word.toWellFormed()),
    JSON.stringify(word).slice(1, -1)
  ])
  return [...new Set(forms)].sort((left, right) => right.length - left.length)
}

const base64 = (text: string): string => Buffer.from(text).toString("base64")

const pairOf = ({ password, username }: NonNullable<Credentials["basic"]>): string =>
  `${Redacted.value(username)}:${password === undefined ? "" : Redacted.value(password)}`

/** The present one first. */
const secretsOf = ({ formerSecret, secret }: NonNullable<Credentials["standardWebhooks"]>) => [
  secret,
  ...(formerSecret === undefined ? [] : [formerSecret])
]

const revealed = (headers: { readonly [name: string]: Redacted.Redacted<string> }): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Redacted.value(value)]))

const digest = ({ algorithm, encoding, secret }: Hmac, body: Uint8Array): string =>
  createHmac(algorithm, Redacted.value(secret)).update(body).digest(encoding)
