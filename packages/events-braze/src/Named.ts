/**
 * What destinations share that take events by a name: Braze's events under Braze's names, and those of any other catalogue
 * under the names that settings give them.
 *
 * @since 1.0.0
 */
import * as Catalogue from "@millrace/core/Catalogue"
import * as Destination from "@millrace/core/Destination"
import { type Event, properties as propertiesOf, type User } from "@millrace/core/Event"
import { known, typeName, typeNames } from "./Braze.ts"
import { allToJson, present } from "./Values.ts"

/**
 * The only lane of a destination that is one place.
 *
 * @since 1.0.0
 * @category models
 */
export const lane = "main"

/**
 * Events of every catalogue; those of Braze's types have to fit them.
 *
 * @since 1.0.0
 * @category models
 */
export const accepts: Catalogue.Catalogue<Event> = Catalogue.union(known, Catalogue.any)

/**
 * `{ type: event name }`, as settings have them.
 *
 * @since 1.0.0
 * @category models
 */
export interface Names {
  readonly [type: string]: string
}

/**
 * Names by type as the catalogue spells it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const byType = (names: Names): ReadonlyMap<string, string> =>
  new Map(Object.entries(names).map(([type, name]) => [typeName(type), name]))

/**
 * The types taken when a route names none: those of Braze that the destination is for, and all others that have a name.
 *
 * @since 1.0.0
 * @category conversions
 */
export const selection = (ofBraze: ReadonlySet<string>, names: Names): ReadonlySet<string> =>
  new Set([...ofBraze, ...[...byType(names).keys()].filter((type) => !typeNames.has(type))])

/**
 * How events are assigned.
 *
 * @since 1.0.0
 * @category models
 */
export interface Options {
  readonly names: Names
  readonly identity: { readonly user: "externalId" | "sourceId" }
  /** The id by which an event is sent whose user lacks that one; without it, such an event is skipped as `anonymous`. */
  readonly otherwise?: keyof User | undefined
}

/**
 * To the lane, or skipped: as `no-name` where neither Braze nor the settings have a name for its type, as `anonymous` where
 * the user has no id to be sent by.
 *
 * @since 1.0.0
 * @category constructors
 */
export const assigner = ({
  identity: { user },
  names,
  otherwise
}: Options): ((event: Event) => Destination.Assignment) => {
  const given = byType(names)
  return (event) => {
    if (!typeNames.has(event.type) && !given.has(event.type)) return unnamed
    const isKnown = present(event.user[user]) || (otherwise !== undefined && present(event.user[otherwise]))
    return isKnown ? sent : anonymous
  }
}

/**
 * The properties of an event of another catalogue, under their own names, and the `device_id` of its user.
 *
 * @since 1.0.0
 * @category conversions
 */
export const properties = (event: Event): { [field: string]: unknown } => {
  const found = allToJson(propertiesOf(event))
  if (present(event.user.deviceId)) found["device_id"] ??= event.user.deviceId
  return found
}

/**
 * Which of the types that a route selects have no name, for `check` and `preview`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const warnings =
  (names: Names) =>
  (types: ReadonlySet<string>): ReadonlyArray<string> => {
    const given = byType(names)
    const without = [...types].filter((type) => !typeNames.has(type) && !given.has(type))
    return without.map((type) => `events of ${type} are skipped (no-name); give the type a name under names`)
  }

// internal

const sent = Destination.to(lane)
const anonymous = Destination.skip("anonymous")
const unnamed = Destination.skip("no-name")
