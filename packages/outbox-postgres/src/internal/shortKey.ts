/** Event ids and names as keys of an index, which takes no text of kilobytes. */
import { createHash } from "node:crypto"

const longest = 200

/** Two texts share a key only if they are the same. */
export const shortKey = (text: string): string =>
  text.length <= longest && !text.startsWith("sha256:")
    ? text
    : `sha256:${createHash("sha256").update(text).digest("hex")}`
