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
 * Leaves the event out, counted under `reason`.
 *
 * @since 1.0.0
 * @category constructors
 */
export const filtered = (reason: string): Filtered => ({ filtered: reason })

/**
 * A route's own verdict that an event cannot go on: it becomes a dead letter of the route.
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
type Erased = any

/**
 * The part of the outbox that each lane of a route may fill, so that one lane in trouble leaves room to the others.
 *
 * @since 1.0.0
 * @category models
 */
export interface Share {
  /** Bytes of the lane's waiting records. It may be passed by a chunk of each source. */
  readonly size: number
  /**
   * What happens at its end: `hold` holds the route's sources back until the lane has sent some (default), `set-aside`
   * makes dead letters of the lane's oldest events, which can be replayed, once it could send nothing for a minute.
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
  /** Types by name or wildcard; the destination's own selection when absent. */
  readonly when?: ReadonlyArray<string> | undefined
  /** Types by name or wildcard that are left out all the same. */
  readonly except?: ReadonlyArray<string> | undefined
  /**
   * Changes made before anything is stored: outbox and dead letters hold the changed event alone, and of a bad record
   * no bytes. They run once.
   */
  readonly intake?: ReadonlyArray<(event: Erased) => Changed> | undefined
  /** Changes made on the way out, after those at the intake. Pure: they run again when an event is read back. */
  readonly changes: ReadonlyArray<(event: Erased) => Changed>
  readonly destination: Destination<Erased>
  readonly ordering: Ordering
  /** How long an event may wait before it becomes a dead letter; the exporter's own retention by default. */
  readonly retention?: Duration.Input | undefined
  /** How its lanes try again and slow down, where it differs from the defaults. */
  readonly policy?: Policy | undefined
  /** The part of the outbox that each of its lanes may fill; by default as much as there is. */
  readonly share?: Share | undefined
}

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
 * How events are delivered, where the usual way does not do.
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
   * A pure change on the way out, or a reason to leave the event out or to refuse it. Keeps `id`. The outbox holds the
   * event as it was; the change runs again when an event is read back.
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
export interface Opening<E extends Event, X> extends Pick<Path<E, X>, "through" | "to"> {
  readonly except: <const Pattern extends string>(
    ...patterns: ReadonlyArray<Pattern & Called<E, Pattern>>
  ) => Opening<Exclude<E, Select<E, Pattern>>, X>
  /**
   * A change, as `through` takes it, made before anything is stored: what it removes is in neither outbox nor dead
   * letters, and a replay cannot bring it back. Keeps `id`.
   */
  readonly atIntake: <Out extends Changed>(
    change: (event: E) => Out
  ) => Opening<Exclude<Out, Filtered | Refused>, X>
}

/**
 * A route at its start.
 *
 * @since 1.0.0
 * @category models
 */
export interface Start<All extends Event, X> extends Opening<Exclude<All, UnknownEvent>, X> {
  /** Types by name or wildcard; without it, the destination's own selection. `"*"` alone takes unknown types too. */
  readonly when: <const Pattern extends string>(
    ...patterns: ReadonlyArray<Pattern & Called<All, Pattern>>
  ) => Opening<Select<All, Pattern>, X>
}

/**
 * The chain of one route; `done` receives it when `to` is called.
 *
 * @since 1.0.0
 * @category constructors
 */
export const start = <All extends Event, X>(name: string, done: (route: Route) => X): Start<All, X> => {
  const path = (route: Pick<Route, "when" | "except" | "intake" | "changes">): Erased => ({
    except: (...patterns: ReadonlyArray<string>) =>
      path({ ...route, except: [...(route.except ?? []), ...patterns] }),
    atIntake: (change: Route["changes"][number]) =>
      path({ ...route, intake: [...(route.intake ?? []), change] }),
    through: (change: Route["changes"][number]) => path({ ...route, changes: [...route.changes, change] }),
    to: (destination: Destination<Erased>, options?: ToOptions) =>
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
