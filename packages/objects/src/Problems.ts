/**
 * What a source says of that which it cannot read.
 *
 * @since 1.0.0
 */
import type { Problem, Split, Unread } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"

/**
 * What could not be read, for the source's state; of the source as a whole without a split.
 *
 * @since 1.0.0
 * @category conversions
 */
export const problemOf = ({ detail, reason = "unreadable" }: SourceError, split?: Split): Problem => ({
  ...(split === undefined ? {} : { split }),
  reason,
  detail
})

/**
 * The most that an error names.
 *
 * @since 1.0.0
 * @category constants
 */
export const named = 5

/**
 * The error of a run that has read all the others. `things` is what the splits are called, such as `files`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const together = (problems: ReadonlyArray<Problem>, things: string): SourceError => {
  const details = problems.slice(0, named).map(({ detail }) => detail)
  const more = problems.length > named ? [`and ${problems.length - named} more ${things}`] : []
  return new SourceError({ detail: [...details, ...more].join("\n") })
}

/**
 * The warning of a split that ends too early. `label` is what errors call it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const unreadMessage = (label: string, { byte, what }: Unread, andThen: string): string =>
  `${label}: is not read from byte ${byte} on: ${what}; ${andThen}`

/**
 * The error of a finite run: nobody waits for what cannot be read to change.
 *
 * @since 1.0.0
 * @category conversions
 */
export const fatal = ({ detail, reason }: SourceError): SourceError =>
  new SourceError({ kind: "fatal", detail, ...(reason === undefined ? {} : { reason }) })
