/**
 * How a condition that was told of is over, or why it is not although it no longer shows. Pure.
 */
import * as Lanes from "../Lanes.ts"
import type { Status } from "../Status.ts"
import { counted, lasting } from "../Text.ts"
import { diedOf, type Labels } from "./conditions.ts"

export interface Ending {
  readonly isOver: boolean
  /** What to tell; absent for nothing new. */
  readonly text?: string
  /** Events of the route that have died of waiting by now. */
  readonly died: number
}

/** What is known of the condition since it was told of. */
export interface Begun extends Labels {
  readonly raised: number
  readonly died: number
  readonly hasDied: boolean
}

const ofSource: { readonly [Condition in Labels["condition"]]?: string } = {
  source: "can be read again",
  problems: "can read all of its files again",
  unread: "has read all of its files to the end",
  "nothing-read": "is read from again"
}

/** Conditions that presuppose events that wait: they also end to be seen when these have died. */
const ofWaiting: ReadonlySet<Labels["condition"]> = new Set(["no-success", "late", "retention"])

const deadly = (events: number) =>
  `${counted(events, "event")} that waited ${events === 1 ? "is a dead letter" : "are dead letters"} now; millrace dead-letters replay sends them again`

/** `mayTell`: whether it is time to say again that events died. */
export const endOf = (
  begun: Begun,
  { ledger, lanes, stored }: Pick<Status, "ledger" | "lanes" | "stored">,
  now: number,
  mayTell: boolean
): Ending => {
  const { condition, route, lane: name, source, raised } = begun
  const after = `after ${lasting(now - raised)}`
  if (source !== undefined) {
    return {
      isOver: true,
      text: `source ${source} ${ofSource[condition] ?? "is well again"}, ${after}`,
      died: 0
    }
  }
  if (route === undefined || name === undefined) {
    const text =
      condition === "stopped"
        ? `the exporter runs again, ${after}`
        : `${condition === "disk-full" ? "the disk of the outbox" : "the outbox"} has room again, ${after}`
    return { isOver: true, text, died: 0 }
  }
  const died = diedOf({ ledger }, route)
  const title = `lane ${name} of route ${route}`
  const lane = Lanes.find(lanes, { route, lane: name })
  if (lane === undefined) return { isOver: true, text: `${title} is not in use any more`, died }
  if (lane.gate.reason === "paused") {
    return { isOver: true, text: `${title} was paused by an operator; its events wait`, died }
  }
  const dead = died - begun.died
  const hasDied = begun.hasDied || dead > 0
  const succeeded = lane.lastSuccess !== undefined && lane.lastSuccess >= raised
  const waiting = Lanes.find(stored, { route, lane: name })?.waiting ?? 0
  if (ofWaiting.has(condition) && !succeeded) {
    if (hasDied) {
      const text = `${title} is not well: it has delivered nothing, and ${deadly(dead)}`
      return dead > 0 && (mayTell || !begun.hasDied) ? { isOver: false, text, died } : { isOver: false, died }
    }
    // The exporter was started again, and the lane has not been tried for long enough to tell.
    if (condition === "no-success" && waiting > 0 && lane.gate.open) return { isOver: false, died }
  }
  const lost = dead > 0 ? `; ${deadly(dead)}` : ""
  return {
    isOver: true,
    text: `${title} ${wellText(condition, lane.gate, waiting, succeeded)}, ${after}${lost}`,
    died
  }
}

const wellText = (
  condition: Labels["condition"],
  gate: { readonly open: boolean; readonly reason: string },
  waiting: number,
  succeeded: boolean
): string => {
  const left =
    waiting === 0 ? "" : ` (${counted(waiting, "event")} still ${waiting === 1 ? "waits" : "wait"})`
  if (!gate.open) return `is closed now (${gate.reason}), which is told by itself`
  if (condition === "share") return "has room again"
  if (condition === "closed") return `is open again${left}`
  if (condition === "no-success" && succeeded) return `delivers again${left}`
  return waiting === 0 ? "has nothing waiting any more" : `is in time again${left}`
}
