/**
 * A connection to an origin, ready to speak HTTP over: through a proxy, a tunnel and a handshake where they are wanted, all
 * of it within one limit.
 */
import * as Net from "node:net"
import process from "node:process"
import * as Tls from "node:tls"
import { Broken } from "./broken.ts"
import { hostOf, isSecure, portOf } from "./origin.ts"
import type { HttpProxy } from "./proxy.ts"
import { survive } from "./survive.ts"

const { request: ask } = process.getBuiltinModule("node:http")

export interface Target {
  readonly origin: URL
  readonly proxy: HttpProxy | undefined
  /** Milliseconds for name service, connection, tunnel and handshake together. */
  readonly limit: number
  /** The client certificate, if there is one. */
  readonly identity: Pick<Tls.SecureContextOptions, "cert" | "key" | "passphrase">
}

/** With an error, the socket is of no use. */
type Done = (error: Broken | null, socket: Net.Socket) => void

/** Opens connections; each may take up the TLS session of one before. `pool` is told of every socket. */
export const connector = (target: Target, pool: Pool): ((done: Done) => void) => {
  let session: Buffer | undefined
  const handshake: Handshake = (over) => {
    const { identity, origin } = target
    const options = { ...identity, ...over, ...placeOf(origin), ...(session && { session }) }
    return Tls.connect(options).on("session", (next) => (session = next))
  }
  return (done) => open(target, pool, handshake, done)
}

interface Pool {
  readonly track: (socket: Net.Socket) => void
  readonly retire: (socket: Net.Socket) => void
}

type Handshake = (over?: { readonly socket: Net.Socket }) => Tls.TLSSocket

const open = ({ limit, origin, proxy }: Target, pool: Pool, handshake: Handshake, done: Done): void => {
  // What is at fault if it ends now: the proxy, until it has let us through.
  let blamed = proxy?.url.origin
  let last: Net.Socket | undefined
  const end = (error: Broken | null) => {
    if (last === undefined) return
    // `fail` goes on listening: an error that nobody hears of would end the process.
    const socket = last.off("close", closed)
    last = undefined
    clearTimeout(timer)
    if (error !== null) socket.destroy()
    done(error, socket)
  }
  const fail = (cause: unknown) => end(Broken.of(cause, blamed))
  const closed = () => end(new Broken("reset", "closed", blamed))
  const timer = setTimeout(() => end(new Broken("timeout-connect", "connect limit", blamed)), limit)
  const watch = <S extends Net.Socket>(socket: S): S => {
    last?.off("close", closed)
    last = socket
    pool.track(socket)
    survive(socket, () => pool.retire(socket))
    socket.on("error", fail).on("close", closed)
    return socket
  }

  if (proxy === undefined) {
    if (isSecure(origin)) watch(handshake()).once("secureConnect", () => end(null))
    else watch(Net.connect(placeOf(origin))).once("connect", () => end(null))
    return
  }
  const place = placeOf(proxy.url)
  const first = watch(isSecure(proxy.url) ? Tls.connect(place) : Net.connect(place))
  first.once(isSecure(proxy.url) ? "secureConnect" : "connect", () => {
    if (!isSecure(origin)) return end(null)
    tunnel(first, origin, proxy, (error) => {
      // Its time may be over already.
      if (error !== null || last === undefined) return end(error)
      blamed = undefined
      watch(handshake({ socket: first })).once("secureConnect", () => end(null))
    })
  })
}

/** Asks a proxy to connect us with an origin. */
const tunnel = (
  socket: Net.Socket,
  origin: URL,
  { authorization, url }: HttpProxy,
  done: (error: Broken | null) => void
): void => {
  const authority = `${origin.hostname}:${portOf(origin)}`
  const credentials = authorization === undefined ? {} : { "proxy-authorization": authorization }
  ask({
    method: "CONNECT",
    path: authority,
    headers: { host: authority, ...credentials },
    insecureHTTPParser: true,
    createConnection: () => socket
  })
    .once("connect", ({ statusCode = 0 }, _, head) => {
      if (head.length > 0) socket.unshift(head)
      const passed = statusCode >= 200 && statusCode < 300
      done(passed ? null : new Broken("proxy", `HTTP ${statusCode}`, url.origin))
    })
    .once("error", (cause) => done(Broken.of(cause, url.origin)))
    .end()
}

const placeOf = (url: URL) => {
  const host = hostOf(url)
  // A server is asked for a certificate by name; that of an address is looked at all the same.
  return { host, port: portOf(url), ...(Net.isIP(host) === 0 && { servername: host }) }
}
