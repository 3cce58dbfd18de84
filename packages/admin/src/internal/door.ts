/** Who may come in: told by the head of a request alone. Pure. */
import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"
import { isIP } from "node:net"
import { type Answer, refuse } from "./answer.ts"

/** The name in a `Host`, without its port and the brackets of IPv6. */
const nameOf = (host: string): string => {
  const [, bracketed, plain = ""] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(host) ?? []
  return (bracketed ?? plain).toLowerCase()
}

/** `127.0.0.1` and its like, `::1`, `localhost`. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))

/**
 * A name of another that leads here, as in DNS rebinding: a page of that name would be of the same origin. An address is
 * nobody's name.
 */
export const ofHost = (
  { host = "" }: IncomingHttpHeaders,
  names: ReadonlyArray<string>
): Answer | undefined => {
  const name = nameOf(host)
  if (isIP(name) !== 0 || isLoopback(name)) return undefined
  return names.some((known) => known.toLowerCase() === name)
    ? undefined
    : refuse(
        403,
        "this endpoint does not go by that name: ask by its address, or add the name to admin.names"
      )
}

/** A browser that asks on behalf of another site. */
export const ofSite = (headers: IncomingHttpHeaders): Answer | undefined => {
  const { host = "", origin } = headers
  const site = headers["sec-fetch-site"]
  const isForeign = site !== undefined && site !== "same-origin" && site !== "none"
  if (!isForeign && (origin === undefined || URL.parse(origin)?.host === host.toLowerCase())) return undefined
  return refuse(403, "a page of another site may not ask here")
}

const digestOf = (token: string): Buffer => createHash("sha256").update(token).digest()

/** How long it takes tells nothing of the token. */
export const ofToken = ({ authorization = "" }: IncomingHttpHeaders, token: string): Answer | undefined => {
  const [, given] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  return given !== undefined && timingSafeEqual(digestOf(given), digestOf(token))
    ? undefined
    : refuse(401, given === undefined ? "a token is needed" : "this is not the token", {
        "www-authenticate": 'Bearer realm="millrace"'
      })
}
