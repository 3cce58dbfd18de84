/**
 * Which files or objects belong to a part of a source's past.
 *
 * @since 1.0.0
 */
import type { Range } from "@millrace/core/Source"
import { hourAt } from "./ObjectKey.ts"

const hour = 60 * 60 * 1000

const eventType = /(?:^|\/)event_type=([^/]+)(?:\/|$)/

/**
 * A file or an object as it is filed.
 *
 * @since 1.0.0
 * @category models
 */
export interface Filed {
  /** Its path or key. */
  readonly name: string
  /** The hour in it; empty where there is none. */
  readonly hour: string
  /** When it was last written, in epoch milliseconds. */
  readonly modified: number
}

/**
 * By the hour in a name, or, where none stands there, the one in which it was last written; and by the type of events in the
 * name (`event_type=...`), where one stands there.
 *
 * @since 1.0.0
 * @category predicates
 */
export const isWithin = ({ from, to, types }: Range): ((filed: Filed) => boolean) => {
  const [first, end] = [hourAt(from), hourAt(to + hour - 1)]
  const names = types === undefined ? undefined : new Set(types)
  return ({ hour, modified, name }) => {
    const own = hour === "" ? hourAt(modified) : hour
    const type = eventType.exec(name)?.[1]
    return own >= first && own < end && (type === undefined || (names?.has(type) ?? true))
  }
}
