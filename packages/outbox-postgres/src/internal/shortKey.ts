/** Event ids and names as keys of an index, which takes no text of kilobytes. */
import { createHash } from "node:crypto"

const longest = 200

/** A key that another store of this kind gave out is one already. */
export const storedKey = (id: string): string => (/^sha256:[0-9a-f]{64}$/.test(id) ? id : shortKey(id))

/** Two texts share a key only if they are the same. */
export const shortKey = (text: string): string =>
  text.length <= longest && !text.startsWith("sha256:")
    ? text
    : `sha256:${createHash("sha256").update(text).digest("hex")}`
