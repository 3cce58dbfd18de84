/**
 * Which of several exporters over one outbox tells of a condition. Who has told holds a lease with the condition's name for as long
 * as it lasts; who is about to tell holds another one meanwhile. The others follow silently, so that they know how it stands when
 * the one that told is gone.
 */
import type { InstanceState, Lease, Outbox, OutboxError } from "@millrace/core/Outbox"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { Labels } from "./conditions.ts"
import type { Alert, Told } from "./due.ts"

/**
 * The exporters that share an outbox, as one of them sees them.
 *
 * @since 1.0.0
 * @category models
 */
export interface Fleet {
  /** This exporter's own name among them. */
  readonly instance: string
  /** The shared outbox. */
  readonly outbox: Pick<Outbox["Service"], "instances" | "lease">
}

interface Due {
  readonly alerts: ReadonlyArray<Alert>
  readonly told: Told
}

interface Mine extends Due {
  /** To be run when the alerts were taken. */
  readonly sent: Effect.Effect<void, OutboxError>
}

/** Whose turn it is to tell. */
export interface Turns {
  /** What was told, also by others, and is still in somebody's hands. */
  readonly before: (told: Told, now: number) => Effect.Effect<Told, OutboxError>
  /** What of all that is due this exporter tells; nobody else tells of it until the scope closes. */
  readonly of: (before: Told, due: Due) => Effect.Effect<Mine, OutboxError, Scope.Scope>
}

/** Nobody else tells. */
export const alone: Turns = {
  before: (told) => Effect.succeed(told),
  of: (_, due) => Effect.succeed({ ...due, sent: Effect.void })
}

/** What concerns one exporter alone; all else is the outbox's, or a remote's. */
const ofOne: ReadonlySet<Labels["condition"] | undefined> = new Set([
  "source",
  "problems",
  "unread",
  "nothing-read",
  "disk-full",
  "stopped"
] as const)

/** An alert of what concerns one exporter alone says which. */
export const named =
  (instance: string) =>
  (alert: Alert): Alert =>
    ofOne.has(alert.condition)
      ? {
          ...alert,
          instance,
          ...(alert.key === undefined ? {} : { key: `${alert.key} at ${instance}` }),
          text: `exporter ${instance}: ${alert.text}`
        }
      : alert

/** Milliseconds after which a condition is told of anew that still holds here although who told of it says that it is over. */
const doubt = 10_000

const idOf = ({ name, since }: InstanceState): string => `${since} ${name}`

const without = (standing: Told["standing"], keys: ReadonlySet<string>): Told["standing"] =>
  Object.fromEntries(Object.entries(standing).filter(([key]) => !keys.has(key)))

/** What was told, but for news that somebody else is about to tell, or nobody yet. */
const leftFor = (later: ReadonlySet<string>, before: Told, told: Told): Told => ({
  ...told,
  ...(later.has("dead-letters") ? { dead: before.dead, deadAt: before.deadAt } : {}),
  standing: without(told.standing, later)
})

/** Turns among the exporters of a fleet, for one way. */
export const sharing = Effect.fnUntraced(function* (
  { instance, outbox }: Fleet,
  way: string
): Effect.fn.Return<Turns, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const leaseOf = (key: string) => JSON.stringify(["alert", way, key])
  const telling = JSON.stringify(["alerts", way])
  /** What this exporter has told of, and who told of the rest, and since when nobody has that in hand. */
  const held = new Map<string, Lease>()
  const others = new Map<string, { readonly by: string; readonly free?: number }>()

  const hold = Effect.fnUntraced(function* (keys: ReadonlyArray<string>) {
    if (keys.length === 0) return
    const names = keys.map(leaseOf)
    const found = yield* Scope.provide(outbox.lease(names, names.length), scope)
    for (const lease of found) {
      const key = keys[names.indexOf(lease.name)]!
      held.set(key, lease)
      others.delete(key)
      const losing = Effect.andThen(
        lease.lost,
        Effect.sync(() => void (held.get(key) === lease && held.delete(key)))
      )
      yield* Effect.forkIn(losing, scope)
    }
  })

  const letGo = (key: string): Effect.Effect<void> => {
    const lease = held.get(key)
    held.delete(key)
    others.delete(key)
    return lease?.release ?? Effect.void
  }

  /** Who has which condition in hand. */
  const holders = Effect.map(outbox.instances, (instances) => ({
    alive: new Set(instances.map(idOf)),
    of: new Map(instances.flatMap((one) => one.leases.map((name) => [name, idOf(one)] as const)))
  }))

  const isShared = ({ condition }: Pick<Labels, "condition"> | Alert) => !ofOne.has(condition)

  const before = Effect.fnUntraced(function* (told: Told, now: number) {
    const followed = Object.values(told.standing).filter((one) => isShared(one) && !held.has(one.key))
    if (followed.length === 0) return told
    const found = yield* holders
    const inherited: Array<string> = []
    const doubted = new Set<string>()
    for (const { key } of followed) {
      const by = found.of.get(leaseOf(key))
      const last = others.get(key)
      if (by !== undefined) others.set(key, { by })
      else if (last === undefined || !found.alive.has(last.by)) inherited.push(key)
      else if (last.free === undefined) others.set(key, { ...last, free: now })
      else if (now - last.free >= doubt) doubted.add(key)
    }
    yield* hold(inherited)
    return doubted.size === 0 ? told : { ...told, standing: without(told.standing, doubted) }
  })

  const of = Effect.fnUntraced(function* (told: Told, due: Due) {
    const isNew = ({ key = "" }: Alert) => !(key in told.standing)
    const news = due.alerts.filter((alert) => isShared(alert) && isNew(alert))
    const mayTell = news.length > 0 && (yield* outbox.lease([telling], 1)).length > 0
    const found = news.length === 0 ? undefined : yield* holders
    /** New here, and neither told by another nor to be told now. */
    const later = new Set<string>()
    const mine: Array<Alert> = []
    for (const alert of due.alerts) {
      const { key = "" } = alert
      if (!isShared(alert)) mine.push(named(instance)(alert))
      else if (!isNew(alert)) {
        if (held.has(key)) mine.push(alert)
        else if (alert.kind === "healed") others.delete(key)
      } else {
        const by = found?.of.get(leaseOf(key))
        if (by !== undefined) others.set(key, { by })
        else if (mayTell) mine.push(alert)
        else later.add(key)
      }
    }
    const shared = mine.filter((alert) => isShared(alert))
    const sent = Effect.gen(function* () {
      yield* hold(shared.filter(isNew).flatMap(({ key = [] }) => key))
      for (const { key = "", kind } of shared) if (kind === "healed") yield* letGo(key)
    })
    return { alerts: mine, told: leftFor(later, told, due.told), sent }
  })

  return { before, of }
})
