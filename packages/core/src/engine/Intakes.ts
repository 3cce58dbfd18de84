/**
 * What each source is given: a door under its name, and for each run an intake through it, with all routes that read the
 * source. Owns nothing.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Definition } from "../Definition.ts"
import type { Source } from "../Source.ts"
import * as Door from "./intake/Door.ts"
import type * as Erasures from "./intake/Erasures.ts"
import * as Intake from "./intake/Intake.ts"
import * as Planner from "./intake/Planner.ts"
import type { OpenRoutes } from "./OpenRoutes.ts"

export interface Intakes {
  /** The door of a source of the configuration. */
  readonly door: (name: string) => Door.Door
  /** For one run of that source. */
  readonly intake: (name: string, door: Door.Door) => Intake.Made
  /** For a part of a source's past, read for some routes under this name; how it goes is told beside the present. */
  readonly ofBackfill: (
    name: string,
    source: Source,
    routes: ReadonlyArray<string>,
    own: Pick<Door.Options, "progress" | "states">
  ) => { readonly door: Door.Door; readonly intake: (isErased: Erasures.IsErased | undefined) => Intake.Made }
  /** For a source read again for one route alone: under this name it has checkpoints of its own. */
  readonly ofPast: (
    name: string,
    source: Source,
    route: string,
    isErased: Erasures.IsErased | undefined
  ) => Intake.Made
}

export interface Options
  extends Omit<Door.Options, "name" | "routes" | "until" | "pace" | "dedupe" | "waits"> {
  readonly sources: Definition["sources"]
  readonly routes: OpenRoutes
  /** For how many milliseconds the ids of events are remembered; 0: not at all. */
  readonly dedupe: number
  /** Whether the sources are looked through over and over. */
  readonly follow: boolean
  /** For how long a run bears with what does not go on, in milliseconds. */
  readonly patience: number
  readonly clock: Clock.Clock
}

export const make = ({ sources, routes, dedupe, follow, patience, clock, ...options }: Options): Intakes => {
  const { until, pace } = routes.watch
  const own = { ...options, until }
  /** What is pushed comes when it comes, and is refused where there is no room. */
  const paceOf = ({ push = false }: Source) => (push ? Effect.void : pace)
  const dedupes = dedupe > 0
  /** What is read once only has no later look. */
  const waits = options.outbox.shared ? patience : 0
  const { tracks } = options.outbox
  return {
    door: (name) =>
      Door.make({
        ...own,
        name,
        routes: routes.of(name),
        pace: paceOf(sources[name]!),
        dedupe,
        waits: follow ? 0 : waits
      }),
    intake: (name, door) =>
      Intake.make(
        Planner.make({
          name,
          source: sources[name]!,
          routes: routes.of(name),
          tracks,
          remembers: dedupes,
          clock
        }),
        door,
        dedupes
      ),
    ofBackfill: (name, source, named, told) => {
      const open = named.map((route) => routes.named(route)!)
      const door = Door.make({
        ...own,
        ...told,
        name,
        routes: open,
        pace: paceOf(source),
        dedupe: undefined,
        waits
      })
      return {
        door,
        intake: (isErased) =>
          Intake.make(
            Planner.make({ name, source, routes: open, tracks, remembers: false, clock, isErased }),
            door,
            false
          )
      }
    },
    ofPast: (name, source, route, isErased) => {
      const open = [routes.named(route)!]
      const door = Door.make({ ...own, name, routes: open, pace: paceOf(source), dedupe: undefined, waits })
      return Intake.make(
        Planner.make({ name, source, routes: open, tracks, remembers: false, clock, isErased }),
        door,
        false
      )
    }
  }
}
