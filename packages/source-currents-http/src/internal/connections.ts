/**
 * Which connections stay open. At the limit a new one closes an old one that has shown no token: the oldest of the address
 * with most of these. So a crowd without tokens keeps nobody out who has one.
 */
import type { Socket } from "node:net"

type Peer = Pick<Socket, "localAddress" | "remoteAddress" | "remotePort">

export interface Connections {
  /** A connection has come; it, or another for it, may be closed at once. */
  readonly admit: (socket: Socket) => void
  /** It has shown a token that holds. Of TLS, the socket inside will do. */
  readonly trust: (peer: Peer) => void
  readonly dismiss: () => void
}

/** The same for a connection and for the TLS within it. */
const nameOf = ({ localAddress, remoteAddress, remotePort }: Peer): string =>
  `${localAddress} ${remoteAddress} ${remotePort}`

/** `onClosed`: a connection was closed for want of room. */
export const make = (most: number, onClosed: () => void): Connections => {
  const all = new Set<Socket>()
  /** By name, oldest first. */
  const strangers = new Map<string, { readonly socket: Socket; readonly address: string }>()
  /** How many strangers an address has. */
  const counts = new Map<string, number>()

  const forget = (name: string): void => {
    const stranger = strangers.get(name)
    if (stranger === undefined) return
    strangers.delete(name)
    const left = counts.get(stranger.address)! - 1
    if (left === 0) counts.delete(stranger.address)
    else counts.set(stranger.address, left)
  }

  const closeOne = (): void => {
    const crowd = Math.max(...counts.values())
    for (const [name, { address, socket }] of strangers) {
      if (counts.get(address) !== crowd) continue
      forget(name)
      all.delete(socket)
      socket.destroy()
      onClosed()
      return
    }
  }

  return {
    admit: (socket) => {
      const name = nameOf(socket)
      const address = socket.remoteAddress ?? ""
      all.add(socket)
      strangers.set(name, { socket, address })
      counts.set(address, (counts.get(address) ?? 0) + 1)
      socket.once("close", () => {
        all.delete(socket)
        if (strangers.get(name)?.socket === socket) forget(name)
      })
      if (all.size > most) closeOne()
    },
    trust: (peer) => forget(nameOf(peer)),
    dismiss: () => {
      for (const socket of all) socket.destroy()
    }
  }
}
