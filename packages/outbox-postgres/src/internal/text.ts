/** Texts as PostgreSQL takes them: it has no character U+0000. */

const mark = "\uF8FF"

/** Every text is told apart from every other afterwards. */
export const toStored = (text: string): string =>
  text.includes("\0") || text.includes(mark)
    ? text.replace(/[\0\uF8FF]/g, (character) => (character === "\0" ? `${mark}0` : `${mark}1`))
    : text

export const fromStored = (text: string): string =>
  text.includes(mark) ? text.replace(/\uF8FF[01]/g, (pair) => (pair[1] === "0" ? "\0" : mark)) : text
