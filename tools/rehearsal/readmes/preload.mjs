// Loaded before an example.
import { Socket } from "node:net"
import { inspect } from "node:util"

// What it prints is looked at, to the depth.
inspect.defaultOptions.depth = null

// A README that names a vendor's address must not send anything there.
const connect = Socket.prototype.connect
Socket.prototype.connect = function (...rest) {
  const [options] = Array.isArray(rest[0]) ? rest[0] : rest
  const host = typeof options === "object" ? (options.host ?? options.path) : undefined
  if (typeof host === "string" && !/^(127\.|::1$|localhost$|[\\/.])/.test(host))
    throw new Error(
      `this example would speak to ${host}: give it another address in tools/rehearsal/readmes/`
    )
  return connect.apply(this, rest)
}
