import type { Feed } from "./message.ts"

/** What every subject signs its requests with: the server takes anything, unless it is told to refuse a feed. */
export const credentials: { readonly [Name in Feed]: { readonly key: string; readonly secret: string } } = {
  ios: { key: "bench-ios-key", secret: "bench-ios-secret" },
  android: { key: "bench-android-key", secret: "bench-android-secret" },
  web: { key: "bench-web-key", secret: "bench-web-secret" },
  unbound: { key: "bench-unbound-key", secret: "bench-unbound-secret" }
}

/** The feed's `authorization` header. */
export const authorizationOf = (feed: Feed): string => {
  const { key, secret } = credentials[feed]
  return `Basic ${Buffer.from(`${key}:${secret}`).toString("base64")}`
}
