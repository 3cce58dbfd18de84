/**
 * What of the input could not be read yet, for people.
 */
import type { Unread } from "@millrace/operations/Status"
import { number } from "@millrace/operations/Text"
import { line } from "./terminal.ts"

/** One line for each split that is named: where it stands, why, and what to do. */
export const unreadText = ({ splits, first }: Unread): ReadonlyArray<string> => {
  const lines = first.map(({ source, split, byte, what }) =>
    line(
      `${source === "default" ? "" : `source ${source}: `}${split}: unread from byte ${byte} on: ${what}; make it whole and run again, then it is read on from there`
    )
  )
  return splits > first.length
    ? [...lines, `${number(splits - first.length)} more files are not read to their end`]
    : lines
}
