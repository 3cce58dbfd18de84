/**
 * Logs go to stderr: one line each for a person at a terminal, JSON for everything else.
 */
import process from "node:process"
import * as Logger from "effect/Logger"
import { cut, json, lines } from "./terminal.ts"

const values = (message: unknown): string =>
  (Array.isArray(message) ? message : [message])
    .map((part) => (typeof part === "string" ? part : json(part)))
    .join(" ")

/** `\r` and clear to the end of the line: a progress line may stand there. */
const plain = Logger.make(({ logLevel, message }) => {
  process.stderr.write(`\r\u001b[K${logLevel.toLowerCase()}: ${lines(values(message))}\n`)
})

const structured = Logger.map(Logger.formatStructured, (entry) => {
  const { message } = entry
  process.stderr.write(
    `${json({ ...entry, message: typeof message === "string" ? cut(message, longest) : message })}\n`
  )
})

/** Characters of a message in a log. */
const longest = 16_384

export const layer = Logger.layer([process.stderr.isTTY ? plain : structured])
