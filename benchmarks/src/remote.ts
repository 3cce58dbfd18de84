import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Orders, Received } from "./server.ts"

/** The server, seen from the runner. */
export interface Remote {
  readonly url: string
  /** What it received since it was last asked. */
  readonly take: () => Promise<Received>
  /** The same; what comes next by connections that are open already is not of the program that is awaited. */
  readonly awaitProgram: () => Promise<Received>
  /** Holds until the next orders. */
  readonly order: (orders: Orders) => void
  readonly stop: () => void
}

export const start = async (): Promise<Remote> => {
  const child = fork(fileURLToPath(new URL("./server.ts", import.meta.url)))
  const [port] = await once(child, "message")
  const ask = async (message: "take" | "await"): Promise<Received> => {
    child.send(message)
    const [received] = await once(child, "message")
    return received
  }
  return {
    url: `http://127.0.0.1:${port}`,
    take: () => ask("take"),
    awaitProgram: () => ask("await"),
    order: (orders) => child.send(orders),
    stop: () => child.disconnect()
  }
}
