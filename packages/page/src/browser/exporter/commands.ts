/** The command that does the same as an action of the page. Pure. */
import type { Backfill, Filter, LaneKey } from "./model.ts"

/** A word as a shell takes it. */
const quoted = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

const flagsOf = (filter: Filter): ReadonlyArray<string> =>
  Object.entries(filter).flatMap(([name, value]) => [`--${name}`, value])

const command = (...words: ReadonlyArray<string>): string => ["millrace", ...words].map(quoted).join(" ")

export const ofLane = (name: "pause" | "resume", config: string, { route, lane }: LaneKey): string =>
  command("lanes", name, config, lane, "--route", route)

export const ofLetters = (name: "list" | "replay" | "purge", config: string, filter: Filter): string => {
  const isAll = name === "purge" && Object.keys(filter).length === 0
  return command("dead-letters", name, config, ...flagsOf(filter), ...(isAll ? ["--all"] : []))
}

/** Removes all that is stored of a user, what waits as well. */
export const ofUser = (config: string, user: string): string =>
  command("lanes", "purge", config, "--user", user)

/** Given again, a backfill goes on where it stands. */
export const ofBackfill = (
  config: string,
  { from, rate, source, to, types }: Pick<Backfill, "from" | "rate" | "source" | "to" | "types">
): string => {
  const time = (millis: number) => new Date(millis).toISOString()
  return command(
    "backfill",
    config,
    "--source",
    source,
    "--from",
    time(from),
    "--to",
    time(to),
    ...(types === undefined ? [] : ["--types", types.join(",")]),
    ...(rate === undefined ? [] : ["--rate", `${rate}/s`])
  )
}

/** By its event; one without is found by when it was written. */
export const ofLetter = (
  name: "show" | "replay" | "purge",
  config: string,
  letter: {
    readonly id: number
    readonly at: string
    readonly route: string
    readonly reason: string
    readonly event?: { readonly id: string }
  }
): string => {
  if (name === "show") return command("dead-letters", name, config, String(letter.id))
  const { at, event, reason, route } = letter
  if (event !== undefined) return ofLetters(name, config, { route, reason, event: event.id })
  const next = new Date(Date.parse(at) + 1).toISOString()
  return command("dead-letters", name, config, ...flagsOf({ route, reason }), "--from", at, "--to", next)
}
