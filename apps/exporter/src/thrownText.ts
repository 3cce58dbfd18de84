/**
 * What a plugin or a change threw, in words for its author.
 */
import type { Definition } from "@millrace/core/Exporter"
import * as Thrown from "@millrace/core/Thrown"
import * as Terminal from "./terminal.ts"

/** Message and stack may quote an event: shown to who asked for them, and nowhere else. */
export const thrownText = ({ route, text, where }: Thrown.Thrown): string =>
  `route ${route}: ${where} threw ${Terminal.lines(text)}`

/** So many that differ are shown of one run. */
const most = 20

/** The same definition, which says on stderr what is thrown. */
export const shown = (definition: Definition): Definition =>
  Thrown.observe(
    definition,
    Thrown.once(most, (thrown) => Terminal.say(thrownText(thrown)))
  )
