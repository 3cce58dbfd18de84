import type { Feeds } from "../Feeds.ts"

/** Who sent a request. `feed` is null when the credentials are wrong, `key` undefined without the header. */
export interface Sender {
  readonly feed: string | null
  readonly key: string | undefined
}

const readBasic = (authorization: string | undefined): { key: string; secret: string } | undefined => {
  const encoded = /^basic +(\S+)$/i.exec(authorization ?? "")?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, "base64").toString("utf8")
  const colon = text.indexOf(":")
  return colon < 0 ? { key: text, secret: "" } : { key: text.slice(0, colon), secret: text.slice(colon + 1) }
}

/** The key an Authorization header names, also after the secret has been taken out of it. */
export const keyOf = (authorization: string | undefined): string | undefined => readBasic(authorization)?.key

/** The header as it may be kept. */
export const withoutSecret = (authorization: string): string => {
  const key = keyOf(authorization)
  return key === undefined ? "***" : `Basic ${Buffer.from(`${key}:***`).toString("base64")}`
}

/** Tells senders apart by their credentials. */
export const senderOf = (feeds: Feeds): ((authorization: string | undefined) => Sender) => {
  const names = new Map<string, string>()
  for (const [feed, { key, secret, previous }] of Object.entries(feeds)) {
    for (const pair of previous === undefined ? [{ key, secret }] : [{ key, secret }, previous]) {
      const text = `${pair.key}:${pair.secret}`
      if (!names.has(text)) names.set(text, feed)
    }
  }
  return (authorization) => {
    const pair = readBasic(authorization)
    if (pair === undefined) return { feed: null, key: authorization === undefined ? undefined : "" }
    return { feed: names.get(`${pair.key}:${pair.secret}`) ?? null, key: pair.key }
  }
}
