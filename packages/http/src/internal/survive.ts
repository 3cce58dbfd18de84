/** Keeps an answer that came before the request was written to its end. */
import type { Socket } from "node:net"

/**
 * A remote may answer before it has read all, and close: what is still written then fails before the answer is read. Such
 * a write counts as done, and `onBreak` hears of it. What is read tells whether there was an answer.
 */
export const survive = (socket: Socket, onBreak: () => void): void => {
  const write = socket._write.bind(socket)
  const writeAll = socket._writev?.bind(socket)
  const passing =
    (done: Done): Done =>
    (error) => {
      const isBreak = error instanceof Error && "code" in error && breaks.has(error.code)
      if (isBreak) onBreak()
      done(isBreak ? null : error)
    }
  socket._write = (chunk, encoding, done) => write(chunk, encoding, passing(done))
  if (writeAll !== undefined) socket._writev = (chunks, done) => writeAll(chunks, passing(done))
}

type Done = (error?: Error | null) => void

const breaks: ReadonlySet<unknown> = new Set(["EPIPE", "ECONNRESET", "ECONNABORTED"])
