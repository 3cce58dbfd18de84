/**
 * Logs go to stderr: one line each for a person at a terminal, JSON for everything else.
 */
import process from "node:process"
import * as Logger from "effect/Logger"

const values = (message: unknown): string =>
  (Array.isArray(message) ? message : [message])
    .map((part) => (typeof part === "string" ? part : JSON.stringify(part)))
    .join(" ")

/** `\r` and clear to the end of the line: a progress line may stand there. */
const plain = Logger.make(({ logLevel, message }) => {
  process.stderr.write(`\r\u001b[K${logLevel.toLowerCase()}: ${values(message)}\n`)
})

const json = Logger.map(Logger.formatJson, (line) => {
  process.stderr.write(`${line}\n`)
})

export const layer = Logger.layer([process.stderr.isTTY ? plain : json])
