/** What the log says, with what each line is about. */
import * as Logger from "effect/Logger"
import * as References from "effect/References"

export const recorded = (...about: ReadonlyArray<string>) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message, fiber }) => {
    const annotations = fiber.getRef(References.CurrentLogAnnotations)
    const named = about.map((name) => annotations[name] ?? "").join(" ")
    lines.push(`${logLevel} ${named}: ${[message].flat().join(" ")}`)
  })
  return { lines, layer: Logger.layer([logger]) }
}
