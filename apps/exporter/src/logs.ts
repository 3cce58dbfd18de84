/**
 * Logs go to stderr: one line each for a person at a terminal; elsewhere one flat JSON object each, for a program.
 */
import process from "node:process"
import { cut } from "@millrace/operations/Text"
import * as Logger from "effect/Logger"
import { json, lines } from "./terminal.ts"

const values = (message: unknown): string =>
  (Array.isArray(message) ? message : [message])
    .map((part) => (typeof part === "string" ? part : json(part)))
    .join(" ")

/** What a line of log is about, in the order in which a person looks for it. */
const subjects = ["source", "route", "lane"] as const

/** `\r` and clear to the end of the line: a progress line may stand there. */
const plain = Logger.map(Logger.formatStructured, ({ level, message, annotations }) => {
  const about = subjects.flatMap((name) => (name in annotations ? [`${name} ${annotations[name]}`] : []))
  const subject = about.length === 0 ? "" : `${about.join(", ")}: `
  process.stderr.write(`\r\u001b[K${level.toLowerCase()}: ${lines(subject + values(message))}\n`)
})

/** `time`, `level` and `message` always; then what the line is about. The names do not change without a word. */
const structured = Logger.map(
  Logger.formatStructured,
  ({ annotations, cause, level, message, timestamp: time }) => {
    const text = cut(values(message), longest)
    process.stderr.write(
      `${json({ time, level, message: text, ...(cause === undefined ? {} : { cause }), ...annotations })}\n`
    )
  }
)

/** Characters of a message in a log. */
const longest = 16_384

export const layer = Logger.layer([process.stderr.isTTY ? plain : structured])
