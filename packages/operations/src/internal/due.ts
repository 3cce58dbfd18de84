/**
 * Which alerts are due: one when a condition comes, reminders while it lasts, one when it goes. Pure.
 */
import type { Status } from "../Status.ts"
import { counted } from "../Text.ts"
import { type Condition, deadOf, diedOf, type Labels } from "./conditions.ts"
import { endOf } from "./ending.ts"

/** A condition that was told of, as long as it is not over. */
export interface Standing extends Labels {
  /** When it was first told of, and last, in epoch milliseconds. */
  readonly raised: number
  readonly last: number
  readonly level: number
  /** Events of its route that had died of waiting when it was last told of, and whether some did since it began. */
  readonly died: number
  readonly hasDied: boolean
  /** Since when it seems to be over; absent while it holds. */
  readonly over?: number
}

/** What was last told; kept in the state directory, so that a restart tells nothing twice. */
export interface Told {
  readonly version: 2
  /** By key. */
  readonly standing: Readonly<Record<string, Standing>>
  /** Dead letters at the last time they were told of, and when that was. */
  readonly dead: number
  readonly deadAt: number
}

/**
 * What is told of a condition: that it came, changed, lasts, or is over.
 *
 * @since 1.0.0
 * @category models
 */
export interface Alert extends Partial<Labels> {
  readonly kind: "raised" | "changed" | "reminder" | "healed" | "test"
  /** Of exporters that share an outbox: the one that this concerns alone. */
  readonly instance?: string
  readonly count?: number
  /** In ISO 8601. */
  readonly since?: string
  readonly text: string
}

export const nothingTold: Told = { version: 2, standing: {}, dead: 0, deadAt: 0 }

/** Dead letters come in runs: after one alert the next waits a while. */
const deadPause = 15 * 60 * 1000

const labelsOf = ({ key, condition, route, lane, source }: Labels): Labels => ({
  key,
  condition,
  ...(route === undefined ? {} : { route }),
  ...(lane === undefined ? {} : { lane }),
  ...(source === undefined ? {} : { source })
})

const alertOf = (kind: Alert["kind"], condition: Condition): Alert => ({
  kind,
  ...labelsOf(condition),
  ...(condition.count === undefined ? {} : { count: condition.count }),
  ...(condition.since === undefined ? {} : { since: new Date(condition.since).toISOString() }),
  text: condition.text
})

interface Due {
  readonly alerts: ReadonlyArray<Alert>
  readonly told: Told
}

/** What is due of a condition that holds. */
const ofHolding = (
  condition: Condition,
  before: Standing | undefined,
  died: number,
  now: number,
  remindEvery: number
): readonly [Alert | undefined, Standing] => {
  const { level = 0 } = condition
  const kind =
    before === undefined
      ? "raised"
      : level > before.level
        ? "changed"
        : now - before.last >= remindEvery
          ? "reminder"
          : undefined
  const standing: Standing = {
    ...labelsOf(condition),
    raised: before?.raised ?? now,
    last: kind === undefined ? before!.last : now,
    level: kind === undefined ? before!.level : level,
    died: before?.died ?? died,
    hasDied: before?.hasDied ?? false
  }
  return [kind === undefined ? undefined : alertOf(kind, condition), standing]
}

const key = "dead-letters"

const ofDead = (told: Told, dead: number, now: number): Due => {
  const before = told.standing[key]
  if (dead > told.dead && now - told.deadAt >= deadPause) {
    const more = dead - told.dead
    const text = `${counted(more, "new dead letter")}; see: millrace dead-letters list`
    const labels = { key, condition: "dead-letters" } as const
    const standing: Standing = {
      ...labels,
      raised: before?.raised ?? now,
      last: now,
      level: 0,
      died: 0,
      hasDied: false
    }
    return {
      alerts: [{ kind: before === undefined ? "raised" : "changed", ...labels, count: more, text }],
      told: { ...told, dead, deadAt: now, standing: { ...told.standing, [key]: standing } }
    }
  }
  // Purged or replayed letters lower the mark: the next one is news again.
  const lower = { ...told, dead: Math.min(dead, told.dead) }
  if (before === undefined || dead > 0) return { alerts: [], told: lower }
  const { [key]: _, ...rest } = told.standing
  return {
    alerts: [{ kind: "healed", ...labelsOf(before), text: "no dead letters are kept any more" }],
    told: { ...lower, standing: rest }
  }
}

/** What comes and goes with single attempts: one that is over may be back at once. */
const comesAndGoes: ReadonlySet<Labels["condition"]> = new Set(["no-success"])

/** `calm`: milliseconds until it is told that something is over which may be back at once. */
export const due = (
  told: Told,
  conditions: ReadonlyArray<Condition>,
  status: Pick<Status, "ledger" | "lanes" | "stored">,
  now: number,
  remindEvery: number,
  calm = 0
): Due => {
  const alerts: Array<Alert> = []
  const standing: Record<string, Standing> = {}
  for (const condition of conditions) {
    const died = condition.route === undefined ? 0 : diedOf(status, condition.route)
    const [alert, stands] = ofHolding(condition, told.standing[condition.key], died, now, remindEvery)
    if (alert !== undefined) alerts.push(alert)
    standing[condition.key] = stands
  }
  for (const [name, before] of Object.entries(told.standing)) {
    if (name in standing) continue
    if (name === key) {
      standing[name] = before
      continue
    }
    const over = before.over ?? now
    const end = endOf(before, status, over, now - before.last >= Math.min(deadPause, remindEvery))
    if (end.isOver && comesAndGoes.has(before.condition) && now - over < calm) {
      standing[name] = { ...before, over }
      continue
    }
    if (end.text !== undefined) {
      alerts.push({ kind: end.isOver ? "healed" : "changed", ...labelsOf(before), text: end.text })
    }
    if (end.isOver) continue
    const isTold = end.text !== undefined
    standing[name] = {
      ...before,
      last: isTold ? now : before.last,
      died: isTold ? end.died : before.died,
      hasDied: before.hasDied || isTold
    }
  }
  const ofLetters = ofDead({ ...told, standing }, deadOf(status), now)
  return { alerts: [...alerts, ...ofLetters.alerts], told: ofLetters.told }
}

/** What is due when the exporter stops for a reason of its own: nothing else is known to be over. */
export const dueAtStop = (told: Told, reason: string, now: number, remindEvery: number): Due => {
  const condition: Condition = {
    key: "stopped",
    condition: "stopped",
    since: now,
    text: `the exporter has stopped: ${reason}; nothing is lost; mend it and start it again`
  }
  const [alert, stands] = ofHolding(condition, told.standing["stopped"], 0, now, remindEvery)
  return {
    alerts: alert === undefined ? [] : [alert],
    told: { ...told, standing: { ...told.standing, [stands.key]: stands } }
  }
}
