/** Ports for servers that start later, or again at the same place: of tests and of the demonstration. */
import { randomInt } from "node:crypto"
import { createServer } from "node:net"

/**
 * Below those that an operating system gives out by itself: Linux from 32768, others from 49152. One of those could go to
 * any server that has no wish, and to any connection that leaves, before the server has it.
 */
const [first, last] = [20_000, 32_767]

let next = randomInt(first, last + 1)

const following = (): number => {
  next = next === last ? first : next + 1
  return next
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", (cause) =>
      "code" in cause && cause.code === "EADDRINUSE" ? resolve(false) : reject(cause)
    )
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })

/** The port asked for when nothing listens there, else another one; never the same twice unless all had their turn. */
export const freePort = async (wanted: number = following()): Promise<number> =>
  (await isFree(wanted)) ? wanted : freePort()
