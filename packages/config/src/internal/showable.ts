/**
 * Whether a name that somebody wrote may be shown in a message. A secret that was pasted where its name belongs must not
 * be: what is not plainly a name is not shown, and the message says where it stands instead.
 */
import { existsSync } from "node:fs"
import { dirname } from "node:path"

/** The longest word that is taken for a part of a name, such as `clientCertificate`; keys and tokens are longer. */
const longestWord = 17

/** A word of letters, perhaps with a number at its end. */
const word = /^[A-Za-z]+\d{0,2}$/

const isName = (text: string): boolean =>
  text.split(/[_.-]/).every((part) => part === "" || (part.length <= longestWord && word.test(part)))

/** The name of an environment variable, as they are usually written. */
export const isVariable = (text: string): boolean => /^[A-Z_][A-Z0-9_]*$/.test(text) && isName(text)

/** The name of a file in a folder that is there. */
export const isPath = (target: string, resolved: string): boolean =>
  target.split("/").every(isName) && existsSync(dirname(resolved))

/** A key of the configuration. */
export const isKey = isName
