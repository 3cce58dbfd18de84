/**
 * The ledger: the counts that must balance, since the outbox was made.
 *
 * For every route: `read = filtered + skipped + delivered + waiting + dead + erased`, at any instant.
 *
 * @since 1.0.0
 */

/**
 * Events by reason or by lane.
 *
 * @since 1.0.0
 * @category models
 */
export type Counts = Readonly<Record<string, number>>

/**
 * The counts of one route. Records that could not be read as events count in `read` and `dead`.
 *
 * @since 1.0.0
 * @category models
 */
export interface RouteLedger {
  readonly read: number
  /** By reason: left out by the route itself. */
  readonly filtered: Counts
  /** By reason: not for the destination. */
  readonly skipped: Counts
  /** By lane. */
  readonly delivered: Counts
  /** By lane. */
  readonly waiting: Counts
  /** By reason. */
  readonly dead: Counts
  /** By reason: removed for good at an operator's word. Absent while nothing was. */
  readonly erased?: Counts
}

/**
 * The counts of every route.
 *
 * @since 1.0.0
 * @category models
 */
export interface Ledger {
  readonly routes: Readonly<Record<string, RouteLedger>>
}

/**
 * What can become of an event, and `read`, what all of these add up to.
 *
 * @since 1.0.0
 * @category models
 */
export type Kind = "read" | "filtered" | "skipped" | "delivered" | "waiting" | "dead" | "erased"

/**
 * What a count stands for; `key` is a lane for delivered and waiting, a reason otherwise, empty for read.
 *
 * @since 1.0.0
 * @category models
 */
export interface Count {
  readonly route: string
  readonly kind: Kind
  readonly key: string
  readonly events: number
}

/**
 * The ledger of these counts; those of one route, kind and key are added up.
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromCounts = (counts: Iterable<Count>): Ledger => {
  const routes: Record<string, { -readonly [Kind in keyof RouteLedger]: RouteLedger[Kind] }> = {}
  for (const { route, kind, key, events } of counts) {
    const entry = routes[route] ?? {
      read: 0,
      filtered: {},
      skipped: {},
      delivered: {},
      waiting: {},
      dead: {}
    }
    routes[route] = entry
    if (kind === "read") entry.read += events
    else if (events !== 0) entry[kind] = { ...entry[kind], [key]: (entry[kind]?.[key] ?? 0) + events }
  }
  return { routes }
}

/**
 * All events of these counts.
 *
 * @since 1.0.0
 * @category conversions
 */
export const sum = (counts: Counts): number =>
  Object.values(counts).reduce((total, events) => total + events, 0)

/**
 * Routes whose counts do not add up, with the difference between what was read and what is accounted for.
 *
 * @since 1.0.0
 * @category conversions
 */
export const imbalance = (
  ledger: Ledger
): ReadonlyArray<{ readonly route: string; readonly missing: number }> =>
  Object.entries(ledger.routes).flatMap(([route, counts]) => {
    const accounted = (["filtered", "skipped", "delivered", "waiting", "dead", "erased"] as const)
      .map((kind) => sum(counts[kind] ?? {}))
      .reduce((total, events) => total + events, 0)
    return counts.read === accounted ? [] : [{ route, missing: counts.read - accounted }]
  })

/**
 * A total over all routes.
 *
 * @since 1.0.0
 * @category conversions
 */
export const total = (ledger: Ledger, kind: Exclude<Kind, "read">): number =>
  Object.values(ledger.routes).reduce((events, counts) => events + sum(counts[kind] ?? {}), 0)
