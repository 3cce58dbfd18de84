/**
 * What the log says of a lane, or of a source: one line when trouble begins, when its reason changes, and when it ends.
 * Pure.
 */
import * as Duration from "effect/Duration"
import * as Health from "./Health.ts"

/** How it stands with what the log tells of. */
export type Standing = Pick<Health.Health, "gate" | "failingSince" | "reason" | "trouble">

/** How the lines read. */
export interface Words {
  /** Milliseconds of failures that are no trouble yet. */
  readonly grace: number
  readonly begun: (state: Told["state"], standing: Standing, isNew: boolean) => string
  readonly over: (state: Told["state"], lasted: string) => string
}

/** What the log said last of a lane that is not well. */
export interface Told {
  readonly state: "failing" | "closed" | "paused"
  /** The declared name of what is wrong. */
  readonly reason: string
  /** When the trouble began, and when the last line was written, in epoch milliseconds. */
  readonly since: number
  readonly at: number
}

export interface Line {
  /** What the line tells of: trouble, or that all is well. */
  readonly state: Told["state"] | "well"
  readonly text: string
  /** The declared name of what is wrong; empty when nothing is. */
  readonly reason: string
}

export interface Next {
  readonly line?: Line
  readonly told: Told | undefined
}

/** A request is lost now and then, and the next one arrives. */
const grace = 3000

/** Milliseconds until another reason is worth another line: a remote that is going down has many. */
const changePause = 60_000

/** When a line is due that no attempt brings about, in epoch milliseconds. */
export const dueAt = (told: Told | undefined, health: Health.Health): number =>
  told === undefined && health.gate.open ? health.failingSince + grace : Infinity

const stateOf = (health: Standing, now: number, grace: number): Told["state"] | undefined => {
  if (health.gate.reason === Health.paused) return "paused"
  // A gate that is closed for no answer of this run was told of when it closed, or is the configuration's own.
  if (!health.gate.open) return health.reason === "" ? undefined : "closed"
  return now >= health.failingSince + grace ? "failing" : undefined
}

const ofLanes: Words = {
  grace,
  begun: (state, { gate, trouble }, isNew) => {
    switch (state) {
      case "paused":
        return "an operator paused the lane; its events wait"
      case "closed":
        return `the lane is ${isNew ? "closed" : "still closed"}: ${trouble}; its events wait`
      case "failing": {
        const next =
          gate.notBefore === 0 ? "" : `; the next attempt is at ${new Date(gate.notBefore).toISOString()}`
        return `attempts ${isNew ? "fail" : "still fail"}: ${trouble}; its events wait and are tried again${next}`
      }
    }
  },
  over: (state, lasted) => {
    switch (state) {
      case "paused":
        return "an operator let the lane go on"
      case "closed":
        return `the lane is open again, after ${lasted}`
      case "failing":
        return `attempts succeed again, after ${lasted}`
    }
  }
}

/** A source begins anew after each failure: already the first is told. */
export const ofSources: Words = {
  grace: 0,
  begun: (state, { gate, trouble }, isNew) => {
    const next = `the next try is at ${new Date(gate.notBefore).toISOString()}`
    return state === "failing"
      ? `the source ${isNew ? "fails" : "still fails"}: ${trouble}; it is run again from its checkpoints, ${next}`
      : `the source is ${isNew ? "closed" : "still closed"}: ${trouble}; it waits for other credentials, ${next}`
  },
  over: (_, lasted) => `the source reads again, after ${lasted}`
}

const lastedOf = ({ since }: Told, now: number): string =>
  Duration.format(Duration.seconds(Math.round((now - since) / 1000)))

/** The line that is due, and what was told when it is written. */
export const next = (told: Told | undefined, health: Standing, now: number, words: Words = ofLanes): Next => {
  const state = stateOf(health, now, words.grace)
  const reason = health.gate.open ? health.reason : health.gate.reason
  if (state === undefined) {
    // Changed credentials wipe the count of failures, and prove nothing until an attempt has succeeded.
    if (told === undefined || (health.reason !== "" && told.state !== "paused")) return { told }
    return {
      told: undefined,
      line: { state: "well", text: words.over(told.state, lastedOf(told, now)), reason: "" }
    }
  }
  const isNew = told?.state !== state
  if (!isNew && (told.reason === reason || now - told.at < changePause)) return { told }
  const began = state === "failing" ? health.failingSince : health.gate.since
  return {
    told: { state, reason, since: isNew ? Math.min(began, now) : told.since, at: now },
    line: { state, text: words.begun(state, health, isNew), reason }
  }
}
