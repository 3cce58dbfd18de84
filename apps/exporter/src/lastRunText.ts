/**
 * Why an exporter does not run, for people.
 */
import type { Run } from "@millrace/operations/Status"
import { line } from "./terminal.ts"

const time = (millis: number) => new Date(millis).toISOString()

/** For an exporter that does not run: why not. */
export const lastRunText = (run: Run | undefined): string => {
  if (run === undefined) return "not running"
  if (run.end === undefined) {
    return `not running: the run that began at ${time(run.started)} was killed, or its machine went down; nothing is lost, start it again`
  }
  const { at, how, why } = run.end
  if (how === "failed") return `not running: it failed at ${time(at)}: ${line(why ?? "unknown error")}`
  return how === "stopped"
    ? `not running: it was stopped at ${time(at)}`
    : `not running: its last run ended at ${time(at)}`
}
