/** What is shown of one dead letter. */
import type { Definition } from "@millrace/core/Definition"
import type { DeadLetterHead } from "@millrace/core/Outbox"
import * as Preview from "@millrace/core/Preview"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Letter, Shown } from "./letters.ts"

/**
 * The split of a letter's chunk, or its source where there is none.
 *
 * @since 1.0.0
 * @category formatting
 */
export const splitOf = ({ origin }: Pick<DeadLetterHead, "origin">): string =>
  origin.split || `source ${origin.source}`

/**
 * Where a letter's chunk came from, in words. The detail of a bad record tells its own place more exactly.
 *
 * @since 1.0.0
 * @category formatting
 */
export const placeOf = (letter: Pick<DeadLetterHead, "origin">, { sources }: Definition): string => {
  const { position, source, split } = letter.origin
  const at = sources[source]?.placeOf?.(split, position) ?? position
  return at === "" ? splitOf(letter) : `${splitOf(letter)}, ${at}`
}

/**
 * A letter with its event where it can be read, else with the bytes as they came.
 *
 * @since 1.0.0
 * @category conversions
 */
export const exported = ({
  record,
  event,
  codec: _codec,
  parameter: _parameter,
  kept: _kept,
  ...letter
}: Letter): Omit<Shown, "place"> => ({
  ...letter,
  at: new Date(letter.at).toISOString(),
  ...(event === undefined ? { record: { base64: record ?? "" } } : { event })
})

/**
 * A letter as a person looks at it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const show = (letter: Letter, definition: Definition): Effect.Effect<Shown> =>
  Effect.map(messageOf(letter, definition), (message) => ({
    ...exported(letter),
    place: placeOf(letter, definition),
    ...message
  }))

const messageOf = (
  letter: Letter,
  definition: Definition
): Effect.Effect<Pick<Shown, "message" | "noMessage">> =>
  letter.event === undefined || letter.lane === ""
    ? Effect.succeed({})
    : Effect.match(Preview.message(definition, letter, letter.event), {
        onFailure: ({ message }) => ({ noMessage: message }),
        onSuccess: Result.match({
          onFailure: (why) => ({ noMessage: why }),
          onSuccess: (text) => ({ message: parsed(text) })
        })
      })

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
