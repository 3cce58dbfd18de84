/** The connections of one channel: kept, used again, retired and closed. */
import type { ClientRequestArgs } from "node:http"
import type { Socket } from "node:net"
import process from "node:process"
import type { Duplex } from "node:stream"
import { connector, type Target } from "./connect.ts"

const { Agent } = process.getBuiltinModule("node:http")

/** Idle connections are closed before most servers close them, so that no request meets one at its end. */
const idle = 4_000

/** The connections of a pool: all go to one origin, and each carries one request at a time. */
export class Connections extends Agent {
  readonly #connect: ReturnType<typeof connector>
  readonly #sockets = new Set<Socket>()
  readonly #retired = new WeakSet<Duplex>()
  isClosed = false

  constructor(target: Target, most: number) {
    super({ keepAlive: true, maxFreeSockets: most, timeout: idle })
    this.#connect = connector(target, this)
  }

  track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once("close", () => this.#sockets.delete(socket))
  }

  /** A connection that carries no further request. */
  retire(socket: Socket): void {
    this.#retired.add(socket)
  }

  isRetired(socket: Duplex | null): boolean {
    return socket !== null && this.#retired.has(socket)
  }

  override getName(): string {
    return ""
  }

  override createConnection(
    _: ClientRequestArgs,
    done?: (error: Error | null, socket: Duplex) => void
  ): undefined {
    if (done !== undefined) this.#connect(done)
  }

  override keepSocketAlive(socket: Duplex): boolean {
    if (this.isRetired(socket)) return false
    const isKept: unknown = super.keepSocketAlive(socket)
    return isKept !== false
  }

  /** Ends all, also what is only being connected. */
  override destroy(): void {
    this.isClosed = true
    super.destroy()
    for (const socket of this.#sockets) socket.destroy()
  }
}
