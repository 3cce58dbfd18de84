import { closeSync, openSync, readSync } from "node:fs"
import * as Option from "effect/Option"
import type { Entry } from "./entry.ts"
import { parseJson } from "./parseJson.ts"

const newline = 0x0a

const isEntry = (value: unknown): value is Entry =>
  typeof value === "object" &&
  value !== null &&
  "at" in value &&
  typeof value.at === "number" &&
  "path" in value &&
  typeof value.path === "string" &&
  "body" in value &&
  typeof value.body === "string" &&
  "headers" in value &&
  typeof value.headers === "object" &&
  value.headers !== null &&
  "status" in value &&
  "feed" in value

const foreign = (line: number): Error =>
  new Error(`line ${line} is not a captured request: move the file away`)

/** How every line begins, and so a torn one as far as it goes. */
const opening = '{"at":'

const parse = (line: string, number: number): Entry => {
  const value = Option.getOrUndefined(parseJson(line))
  if (!isEntry(value)) throw foreign(number)
  return value
}

/**
 * Reads a capture from its start, a line at a time, and returns the length of its whole lines in bytes: what is
 * beyond that is a torn line.
 */
export const scanCapture = (path: string, onEntry: (entry: Entry) => void): number => {
  const descriptor = openSync(path, "r")
  try {
    const block = Buffer.allocUnsafe(1_048_576)
    let rest: Array<Buffer> = []
    let whole = 0
    let lines = 0
    for (;;) {
      const length = readSync(descriptor, block)
      if (length === 0) {
        const torn = Buffer.concat(rest).toString("utf8", 0, opening.length)
        if (!opening.startsWith(torn)) throw foreign(lines + 1)
        return whole
      }
      let start = 0
      for (let end = block.indexOf(newline); end >= 0 && end < length; end = block.indexOf(newline, start)) {
        const line = Buffer.concat([...rest, block.subarray(start, end)])
        rest = []
        lines += 1
        onEntry(parse(line.toString("utf8"), lines))
        whole += line.length + 1
        start = end + 1
      }
      if (start < length) rest.push(Buffer.from(block.subarray(start, length)))
    }
  } finally {
    closeSync(descriptor)
  }
}
