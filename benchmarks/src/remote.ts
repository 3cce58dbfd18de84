import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Orders, Received } from "./server.ts"

/** The server, seen from the runner. */
export interface Remote {
  readonly url: string
  /** What it received since it was last asked. */
  readonly take: () => Promise<Received>
  /** Holds until the next orders. */
  readonly order: (orders: Orders) => void
  readonly stop: () => void
}

export const start = async (): Promise<Remote> => {
  const child = fork(fileURLToPath(new URL("./server.ts", import.meta.url)))
  const [port] = await once(child, "message")
  return {
    url: `http://127.0.0.1:${port}`,
    take: async () => {
      child.send("take")
      const [received] = await once(child, "message")
      return received
    },
    order: (orders) => child.send(orders),
    stop: () => child.disconnect()
  }
}
