/**
 * A route is a named rule from events to one destination. In code it is written as a chain that the compiler checks;
 * from a file the same checks run at start.
 *
 * @since 1.0.0
 */
import type * as Duration from "effect/Duration"
import * as Catalogue from "./Catalogue.ts"
import type { Destination } from "./Destination.ts"
import type { Event, UnknownEvent } from "./Event.ts"
import type { Policy } from "./Policy.ts"

/**
 * A route's own reason to leave an event out: counted under `filtered`.
 *
 * @since 1.0.0
 * @category models
 */
export interface Filtered {
  /** A declared kebab-case name. */
  readonly filtered: string
}

/**
 * Leaves the event out, and counts it under `reason`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const filtered = (reason: string): Filtered => ({ filtered: reason })

/**
 * A route's own verdict that an event is not sent: it becomes a dead letter of the route.
 *
 * @since 1.0.0
 * @category models
 */
export interface Refused {
  /** A declared kebab-case name. */
  readonly refused: string
  /** What is wrong, for people, without the event's content. */
  readonly detail: string
}

/**
 * Makes a dead letter of the event, under `reason`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const refused = (reason: string, detail: string): Refused => ({ refused: reason, detail })

/**
 * What a change makes of an event.
 *
 * @since 1.0.0
 * @category models
 */
export type Changed = Event | Filtered | Refused

/**
 * Whether order per user is kept. `none` sends faster where the remote sorts by time itself.
 *
 * @since 1.0.0
 * @category models
 */
export type Ordering = "user" | "none"

// The one place where event types are erased: routes of different types stand in one list, and the chain below has
// proved that what reaches `intake`, `changes` and `destination` is what they take.
// biome-ignore lint/suspicious/noExplicitAny: the erasure point named above
type Untyped = any

/**
 * The part of the outbox that each lane of a route may fill. So a lane in trouble leaves room to the others.
 *
 * @since 1.0.0
 * @category models
 */
export interface Share {
  /** Bytes of the lane's waiting records. A chunk of each source may go beyond it. */
  readonly size: number
  /**
   * What happens when the lane has filled its share. `hold` (default) holds the route's sources back until the lane has sent some
   * events. `set-aside` makes dead letters of the lane's oldest events once it could send nothing for a minute; they can be
   * replayed.
   */
  readonly whenFull?: "hold" | "set-aside" | undefined
}

/**
 * A finished route.
 *
 * @since 1.0.0
 * @category models
 */
export interface Route {
  readonly name: string
  /** Names of the sources it reads; all of them when absent. */
  readonly from?: ReadonlyArray<string> | undefined
  /** Takes events of backfills, and nothing else; default no. If there are such routes, backfills go to them alone. */
  readonly backfill?: boolean | undefined
  /** Types by name or wildcard; the destination's own selection when absent. */
  readonly when?: ReadonlyArray<string> | undefined
  /** Types by name or wildcard that are left out, although `when` takes them. */
  readonly except?: ReadonlyArray<string> | undefined
  /**
   * Changes made before anything is stored. They run once. Outbox and dead letters hold only the changed event, and no bytes of a
   * bad record.
   */
  readonly intake?: ReadonlyArray<(event: Untyped) => Changed> | undefined
  /** Changes made on the way out, after those at the intake. Pure: they run again when an event is read back. */
  readonly changes: ReadonlyArray<(event: Untyped) => Changed>
  readonly destination: Destination<Untyped>
  readonly ordering: Ordering
  /** How long an event may wait before it becomes a dead letter; the exporter's own retention by default. */
  readonly retention?: Duration.Input | undefined
  /** How its lanes try again and slow down; the defaults hold for what it leaves out. */
  readonly policy?: Policy | undefined
  /** The part of the outbox that each of its lanes may fill; by default all of it. */
  readonly share?: Share | undefined
}

/**
 * Whether a route reads the source of this name.
 *
 * @since 1.0.0
 * @category predicates
 */
export const reads = ({ from }: Pick<Route, "from">, source: string): boolean =>
  from?.includes(source) ?? true

/**
 * Whether a route takes the source's events as they come.
 *
 * @since 1.0.0
 * @category predicates
 */
export const follows = (route: Pick<Route, "backfill" | "from">, source: string): boolean =>
  route.backfill !== true && reads(route, source)

/**
 * Events whose type matches one of the patterns; `*` stands for any run of characters.
 *
 * @since 1.0.0
 * @category models
 */
export type Select<E extends Event, Pattern extends string> = string extends E["type"]
  ? E
  : Extract<E, { readonly type: Glob<Pattern> }>

type Glob<Pattern extends string> = Pattern extends `${infer Head}*${infer Tail}`
  ? `${Head}${string}${Glob<Tail>}`
  : Pattern

/**
 * Read by people in a compile error: these types reach a destination that does not take them.
 *
 * @since 1.0.0
 * @category models
 */
export interface DestinationDoesNotAccept<out Types> {
  readonly types: Types
}

/**
 * Read by people in a compile error: no event of the source is called so.
 *
 * @since 1.0.0
 * @category models
 */
export interface NoEventIsCalled<out Pattern> {
  readonly pattern: Pattern
}

type Leftover<E extends Event, Accepted> = E extends Accepted ? never : E["type"]
type Accepts<E extends Event, Accepted> = [Leftover<E, Accepted>] extends [never]
  ? unknown
  : DestinationDoesNotAccept<Leftover<E, Accepted>>
type Called<E extends Event, Pattern extends string> = Pattern extends unknown
  ? [Select<E, Pattern>] extends [never]
    ? NoEventIsCalled<Pattern>
    : unknown
  : never

/**
 * How events of a route are delivered; each member has a default.
 *
 * @since 1.0.0
 * @category models
 */
export interface ToOptions {
  readonly ordering?: Ordering
  readonly retention?: Duration.Input
  readonly policy?: Policy
  readonly share?: Share
}

/**
 * A route under way; `X` is what `to` yields.
 *
 * @since 1.0.0
 * @category models
 */
export interface Path<E extends Event, X> {
  /** Leaves out types by name or wildcard. */
  readonly except: <const Pattern extends string>(
    ...patterns: ReadonlyArray<Pattern & Called<E, Pattern>>
  ) => Path<Exclude<E, Select<E, Pattern>>, X>
  /**
   * A pure change on the way out. It yields the changed event, `filtered` or `refused`, and keeps `id`. The outbox holds the event
   * as it was read; the change runs again when an event is read back.
   */
  readonly through: <Out extends Changed>(
    change: (event: E) => Out
  ) => Path<Exclude<Out, Filtered | Refused>, X>
  readonly to: <Accepted extends Event>(
    destination: Destination<Accepted> & Accepts<E, Accepted>,
    options?: ToOptions
  ) => X
}

/**
 * A route before its first change on the way out.
 *
 * @since 1.0.0
 * @category models
 */
export interface Selected<E extends Event, X> extends Pick<Path<E, X>, "through" | "to"> {
  readonly except: <const Pattern extends string>(
    ...patterns: ReadonlyArray<Pattern & Called<E, Pattern>>
  ) => Selected<Exclude<E, Select<E, Pattern>>, X>
  /**
   * A change, as for `through`, made before anything is stored. A value that it removes is in neither outbox nor dead letters, and
   * no replay brings it back. Keeps `id`.
   */
  readonly atIntake: <Out extends Changed>(
    change: (event: E) => Out
  ) => Selected<Exclude<Out, Filtered | Refused>, X>
}

/**
 * A route at its start.
 *
 * @since 1.0.0
 * @category models
 */
export interface Start<All extends Event, X> extends Selected<Exclude<All, UnknownEvent>, X> {
  /** Types by name or wildcard; without it, the destination's own selection. `"*"` alone takes unknown types too. */
  readonly when: <const Pattern extends string>(
    ...patterns: ReadonlyArray<Pattern & Called<All, Pattern>>
  ) => Selected<Select<All, Pattern>, X>
}

/**
 * The chain of one route; `done` receives it when `to` is called.
 *
 * @since 1.0.0
 * @category constructors
 */
export const start = <All extends Event, X>(name: string, done: (route: Route) => X): Start<All, X> => {
  const path = (route: Pick<Route, "when" | "except" | "intake" | "changes">): Untyped => ({
    except: (...patterns: ReadonlyArray<string>) =>
      path({ ...route, except: [...(route.except ?? []), ...patterns] }),
    atIntake: (change: Route["changes"][number]) =>
      path({ ...route, intake: [...(route.intake ?? []), change] }),
    through: (change: Route["changes"][number]) => path({ ...route, changes: [...route.changes, change] }),
    to: (destination: Destination<Untyped>, options?: ToOptions) =>
      done({ name, ...route, destination, ordering: "user", ...options })
  })
  return {
    ...path({ changes: [] }),
    when: (...patterns: ReadonlyArray<string>) => path({ when: patterns, changes: [] })
  }
}

/**
 * Whether a type is matched by a name or wildcard.
 *
 * @since 1.0.0
 * @category conversions
 */
export const matches = (pattern: string, type: string): boolean => {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
  return new RegExp(`^${parts.join(".*")}$`).test(type)
}

/**
 * Patterns that match none of the catalogue's types: empty for a good route.
 *
 * @since 1.0.0
 * @category conversions
 */
export const unmatched = (
  patterns: ReadonlyArray<string>,
  catalogue: Catalogue.Catalogue
): ReadonlyArray<string> => {
  const { types } = catalogue
  return types === undefined
    ? []
    : patterns.filter((pattern) => {
        const own = Catalogue.spelled([catalogue], pattern)
        return own !== "*" && ![...types].some((type) => matches(own, type))
      })
}
