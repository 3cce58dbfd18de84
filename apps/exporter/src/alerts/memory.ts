/**
 * Which alerts are due: one when a condition comes, reminders while it lasts, one when it goes. Pure.
 */
import type { Conditions } from "./conditions.ts"

/** What was last told; kept in the state directory, so that a restart tells nothing twice. */
export interface Told {
  /** When each condition was last told of, in epoch milliseconds. */
  readonly at: Readonly<Record<string, number>>
  /** Dead letters at the last time they were told of, and when that was. */
  readonly dead: number
  readonly deadAt: number
}

export interface Alert {
  readonly kind: "raised" | "reminder" | "healed"
  readonly text: string
}

export const nothingTold: Told = { at: {}, dead: 0, deadAt: 0 }

/** Dead letters come in runs: after one alert the next waits a while. */
const deadPause = 15 * 60 * 1000

export const due = (
  told: Told,
  conditions: Conditions,
  dead: number,
  now: number,
  remindEvery: number
): { readonly alerts: ReadonlyArray<Alert>; readonly told: Told } => {
  const alerts: Array<Alert> = []
  const at: Record<string, number> = {}
  for (const [key, text] of conditions) {
    const last = told.at[key]
    const isDue = last === undefined || now - last >= remindEvery
    if (isDue) alerts.push({ kind: last === undefined ? "raised" : "reminder", text })
    at[key] = isDue ? now : last
  }
  for (const key of Object.keys(told.at)) {
    if (!conditions.has(key)) alerts.push({ kind: "healed", text: `no longer: ${key}` })
  }
  const isNews = dead > told.dead && now - told.deadAt >= deadPause
  if (isNews) {
    alerts.push({
      kind: "raised",
      text: `${dead - told.dead} new dead letters; see: millrace dead-letters list`
    })
  }
  // Purged or replayed letters lower the mark: the next one is news again.
  return {
    alerts,
    told: { at, dead: isNews ? dead : Math.min(dead, told.dead), deadAt: isNews ? now : told.deadAt }
  }
}
