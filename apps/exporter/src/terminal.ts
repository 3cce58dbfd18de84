/**
 * What a person is shown, on its way out. Events, file names and remotes can hold anything: a control character would move
 * the cursor, rename the window or hide a line, and a long text would push away everything else.
 */
import process from "node:process"
import { cut } from "@millrace/operations/Text"
import * as Effect from "effect/Effect"

/** Control characters, those that turn the direction of text, and line separators of other alphabets. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Characters of a line that are shown. */
const longest = 2000

/** One line of plain text, whatever stood in it. */
export const line = (text: string, most = longest): string => cut(text, most).replace(unsafe, escaped)

/** The same for each line of a text of several. */
export const lines = (text: string): string =>
  text
    .split("\n")
    .map((one) => line(one))
    .join("\n")

/** JSON means the same with its unsafe characters escaped: those that JSON leaves as they are. */
export const json = (value: unknown, space?: number): string =>
  (JSON.stringify(value, undefined, space) ?? "null").replace(unsafe, (character) =>
    character === "\n" ? character : escaped(character)
  )

/** An answer, on stdout. Its parts have been cleaned. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** What a person should know beside the answer, on stderr: each line by itself says who says it. */
export const say = (text: string): void =>
  void process.stderr.write(`${lines(text).replace(/^/gm, "millrace: ")}\n`)

/**
 * A part of an answer that may be long: resolves when the reader has taken it, so that what is printed does not pile up.
 * `false` when nobody reads any more.
 */
export const printed = (text: string): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    process.stdout.write(`${text}\n`, (error) =>
      resume(Effect.succeed(error === undefined || error === null))
    )
  })
