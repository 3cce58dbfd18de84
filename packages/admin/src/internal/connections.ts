/**
 * Which connections stay open. When there are too many, a new one closes the oldest of those that wait for nothing: a crowd
 * that is silent, or slow to ask, keeps nobody out.
 */
import type { Socket } from "node:net"

export interface Connections {
  readonly admit: (socket: Socket) => void
  /** An answer is being made for it, until it is let go. */
  readonly hold: (socket: Socket) => void
  readonly letGo: (socket: Socket) => void
  readonly dismiss: () => void
}

export const make = (most: number): Connections => {
  /** Oldest first. */
  const idle = new Set<Socket>()
  const busy = new Set<Socket>()
  return {
    admit: (socket) => {
      socket.once("close", () => {
        idle.delete(socket)
        busy.delete(socket)
      })
      // What breaks off breaks off; without this it would be an error of the program.
      socket.on("error", () => socket.destroy())
      idle.add(socket)
      if (idle.size + busy.size <= most) return
      const [oldest = socket] = idle
      idle.delete(oldest)
      oldest.destroy()
    },
    hold: (socket) => {
      idle.delete(socket)
      busy.add(socket)
    },
    letGo: (socket) => {
      if (busy.delete(socket) && !socket.destroyed) idle.add(socket)
    },
    dismiss: () => {
      for (const socket of [...idle, ...busy]) socket.destroy()
    }
  }
}
