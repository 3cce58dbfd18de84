/**
 * What differs between two events, a line for each field, as `preview` shows it.
 */
import type { Event } from "@millrace/core/Event"

/** Values by path, down to those that are no objects. */
const leaves = (value: unknown, path: string): ReadonlyArray<readonly [path: string, text: string]> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([name, item]) => leaves(item, path === "" ? name : `${path}.${name}`))
    : value === undefined
      ? []
      : [[path, JSON.stringify(value)]]

/** `- path: value` for what is gone, `+ path: value` for what is new, both for what has another value. */
export const differences = (before: Event, after: Event): ReadonlyArray<string> => {
  const old = new Map(leaves(before, ""))
  const fresh = new Map(leaves(after, ""))
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((path) => {
    const [was, is] = [old.get(path), fresh.get(path)]
    if (was === is) return []
    return [
      ...(was === undefined ? [] : [`- ${path}: ${was}`]),
      ...(is === undefined ? [] : [`+ ${path}: ${is}`])
    ]
  })
}
