/** A way to the server that can be cut: it stops, or breaks, when told, or when a text passes. */
import { connect, createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import type { Server } from "./server.ts"

export interface Relay {
  readonly url: () => string
  /** From now on nothing passes, and nobody is told. */
  readonly stop: () => void
  /** Everything passes again; what was stopped is broken. */
  readonly mend: () => void
  /** Once a client has sent this text, nothing passes any more, not even the answer. Resolves then. */
  readonly stopAfter: (text: string) => Promise<void>
  /** Once a client has sent this text, what it sends afterwards waits until `resume`. Resolves then. */
  readonly pauseAfter: (text: string) => Promise<void>
  readonly resume: () => void
  /** Once a client has sent the first text, and then the second, that one is lost and its connection breaks. Resolves then. */
  readonly cutBefore: (first: string, text: string) => Promise<void>
  /** Once a client has sent this text, its connection breaks when the server answers. Resolves then. */
  readonly breakAfter: (text: string) => Promise<void>
}

interface Trap {
  readonly text: string
  readonly kind: "stop" | "break" | "pause" | "cut"
  readonly sprung: () => void
  readonly next?: Trap
}

export const make = Effect.fnUntraced(function* (server: Pick<Server, "port">) {
  const pairs = new Set<readonly [Socket, Socket]>()
  let isStopped = false
  let trap: Trap | undefined
  let paused: Socket | undefined

  const proxy = createServer((client) => {
    const remote = connect(server.port, "127.0.0.1")
    const pair = [client, remote] as const
    pairs.add(pair)
    let isBreaking = false
    const end = () => {
      pairs.delete(pair)
      client.destroy()
      remote.destroy()
    }
    for (const socket of pair) socket.on("error", end).on("close", () => (isStopped ? undefined : end()))
    client.on("data", (data) => {
      if (isStopped) return
      const set = trap
      const isSprung = set !== undefined && data.includes(set.text)
      if (!isSprung || set.kind !== "cut") remote.write(data)
      if (!isSprung) return
      trap = set.next
      if (set.next !== undefined) return
      if (set.kind === "cut") end()
      if (set.kind === "stop") isStopped = true
      else if (set.kind === "break") isBreaking = true
      else if (set.kind === "pause") paused = client.pause()
      set.sprung()
    })
    remote.on("data", (data) => {
      if (isStopped) return
      if (isBreaking) end()
      else client.write(data)
    })
  })
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      proxy.listen(0, "127.0.0.1", () => {
        const address = proxy.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.sync(() => {
        for (const [client, remote] of pairs) {
          client.destroy()
          remote.destroy()
        }
        proxy.close()
      })
  )
  const set = (kind: Trap["kind"]) => (text: string) =>
    new Promise<void>((resolve) => {
      trap = { text, kind, sprung: resolve }
    })
  return {
    url: () => `postgres://millrace:very-secret@127.0.0.1:${port}/postgres?sslmode=disable`,
    stop: () => {
      isStopped = true
    },
    mend: () => {
      isStopped = false
      for (const [client, remote] of pairs) {
        client.destroy()
        remote.destroy()
      }
      pairs.clear()
    },
    stopAfter: set("stop"),
    pauseAfter: set("pause"),
    resume: () => paused?.resume(),
    cutBefore: (first, text) =>
      new Promise<void>((resolve) => {
        trap = { text: first, kind: "pause", sprung: resolve, next: { text, kind: "cut", sprung: resolve } }
      }),
    breakAfter: set("break")
  } satisfies Relay
})
