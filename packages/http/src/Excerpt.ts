/**
 * What a remote said, short enough and safe enough to keep with a dead letter.
 *
 * @since 1.0.0
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it takes out
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g
const credentials = /\b(basic|bearer)(["':=\s]+)[\w.~+/=-]{4,}/gi
const userinfo = /\/\/[^/\s@]+@/g

/**
 * The first 300 characters of a text in one line, without control characters; what looks like a bearer or basic
 * credential, or stands before the host of a URL, is `***`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const excerpt = (text: string): string =>
  text
    // More than is kept: masks may shorten, and a credential must not be cut before it is recognised.
    .slice(0, 4096)
    .replace(controls, " ")
    .replace(credentials, "$1$2***")
    .replace(userinfo, "//***@")
    .trim()
    .slice(0, 300)
    .toWellFormed()
