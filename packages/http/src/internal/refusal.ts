/** Tells the answer of a proxy, or of a TLS server, from the answer of the remote. */
import { Broken } from "./broken.ts"
import type { Response } from "./channel.ts"
import { isSecure } from "./origin.ts"
import type { HttpProxy } from "./proxy.ts"

/** What nginx says, with 400, to a client that shows no certificate or one that it does not know. */
const certificatePage = /No required SSL certificate was sent|The SSL certificate error/i

/**
 * An answer that is not the remote's word on a request: one of the proxy that was asked for it, or a TLS server's that wants
 * a client certificate.
 */
export const refusalOf = (
  { body, headers, status }: Response,
  origin: URL,
  asked: HttpProxy | undefined
): Broken | undefined => {
  if (asked !== undefined && isOfProxy(status, headers)) {
    return new Broken("proxy", `HTTP ${status}`, asked.url.origin)
  }
  return status === 400 && isSecure(origin) && certificatePage.test(body)
    ? new Broken("client-certificate", "HTTP 400")
    : undefined
}

/** Only proxies answer 407. `Proxy-Status` (RFC 9209) tells of their errors, as Squid does in a way of its own. */
const isOfProxy = (status: number, headers: Response["headers"]): boolean =>
  status === 407 ||
  /;\s*error=/i.test(headers["proxy-status"] ?? "") ||
  headers["x-squid-error"] !== undefined
