/**
 * Changes of events for a route's `through` and `atIntake`: pure, typed, and no more than plain functions.
 *
 * A field is a property's name, a path below it (`address.city`, through lists as well), or `user.` and a name of the
 * event's user, such as `user.externalId`. `properties.` before a property's name may be left out, unless the property
 * itself is called `user`. A field that is absent, null or `[REDACTED]` already is left as it is.
 *
 * @since 1.0.0
 */
import { createHash, createHmac } from "node:crypto"
import * as Redacted from "effect/Redacted"
import { type Event, userKey } from "./Event.ts"
import { putField, withField, withoutField } from "./internal/fields.ts"
import { type Filtered, filtered } from "./Route.ts"

/**
 * Fields by name, or as a catalogue marks them for each type: `redact(catalogue.personal)`.
 *
 * @since 1.0.0
 * @category models
 */
export type Fields = ReadonlyArray<string> | ((type: string) => ReadonlySet<string>)

/**
 * What stands in place of a redacted value. Destinations take it as absent, and never as an identity.
 *
 * @since 1.0.0
 * @category models
 */
export const redacted = "[REDACTED]"

/**
 * An event without some properties.
 *
 * @since 1.0.0
 * @category models
 */
export type Without<E extends Event, Name extends string> =
  E extends Event<infer Type, infer Properties> ? Event<Type, Omit<Properties, Name>> : never

/**
 * An event some of whose properties have other names.
 *
 * @since 1.0.0
 * @category models
 */
export type Renamed<E extends Event, Names extends Readonly<Record<string, string>>> =
  E extends Event<infer Type, infer Properties>
    ? Event<
        Type,
        {
          readonly [Name in keyof Properties as Name extends keyof Names
            ? Names[Name]
            : Name]: Properties[Name]
        }
      >
    : never

/**
 * An event with some fields set.
 *
 * @since 1.0.0
 * @category models
 */
export type With<E extends Event, Values extends object> =
  E extends Event<infer Type, infer Properties>
    ? Event<Type, Omit<Properties, keyof Values> & Omit<Values, `user.${string}`>>
    : never

// The casts below tell the compiler what it cannot follow through names that are known at run time only: which properties
// are gone, renamed or set. `Transform.test` holds both sides together.

const names = (fields: Fields, event: Event): Iterable<string> =>
  typeof fields === "function" ? fields(event.type) : fields

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== redacted

/** Every field that has a value gets another. */
const replace =
  (fields: Fields, change: (value: unknown) => string) =>
  <E extends Event>(event: E): E => {
    let current = event
    for (const name of names(fields, event)) {
      current = withField(current, name, (value) => (isGiven(value) ? change(value) : value))
    }
    return current
  }

/**
 * Leaves fields out.
 *
 * @since 1.0.0
 * @category constructors
 */
export const drop =
  <const Name extends string>(...fields: ReadonlyArray<Name>) =>
  <E extends Event>(event: E): Without<E, Name> =>
    fields.reduce<Event>(withoutField, event) as Without<E, Name>

/**
 * Gives properties other names: `rename({ old: "new" })`. A property that has the new name already is replaced where the
 * old one is there.
 *
 * @since 1.0.0
 * @category constructors
 */
export const rename =
  <const Names extends Readonly<Record<string, string>>>(renamed: Names) =>
  <E extends Event>(event: E): Renamed<E, Names> => {
    const properties = new Map<string, unknown>(Object.entries(event.properties))
    const found = Object.entries(renamed).flatMap(([from, to]) =>
      properties.has(from) ? [{ from, to, value: properties.get(from) }] : []
    )
    for (const { from } of found) properties.delete(from)
    for (const { to, value } of found) properties.set(to, value)
    return { ...event, properties: Object.fromEntries(properties) } as unknown as Renamed<E, Names>
  }

/**
 * Sets fields, whether they are there or not, to values or to what a pure function makes of the event; `undefined`
 * leaves a field as it is.
 *
 * @since 1.0.0
 * @category constructors
 */
export const set =
  <E extends Event, const Values extends object>(values: Values | ((event: E) => Values)) =>
  (event: E): With<E, Values> => {
    const given: object = typeof values === "function" ? values(event) : values
    return Object.entries(given)
      .filter(([, value]) => value !== undefined)
      .reduce<Event>((current, [field, value]) => putField(current, field, value), event) as unknown as With<
      E,
      Values
    >
  }

/**
 * Puts `[REDACTED]` in place of values: that there was one can still be seen.
 *
 * @since 1.0.0
 * @category constructors
 */
export const redact = (fields: Fields) => replace(fields, () => redacted)

/**
 * Puts a keyed hash in place of values: the same value gives the same hash under the same key, and without the key it
 * cannot be found by trying. HMAC-SHA-256 in 64 hex digits, of a text as it is and of anything else as JSON. The key is
 * asked for each event, so that it may be read later than the route is written.
 *
 * @since 1.0.0
 * @category constructors
 */
export const hash = (fields: Fields, key: () => Redacted.Redacted<string>) =>
  replace(fields, (value) =>
    createHmac("sha256", Redacted.value(key()))
      .update(typeof value === "string" ? value : JSON.stringify(value))
      .digest("hex")
  )

/**
 * Keeps every event of a share of the users, 0 to 1, and leaves out those of the others as `sampled-out`. Which users is
 * decided by a hash of their key, the same in every run; an event that names no user goes by its id.
 *
 * @since 1.0.0
 * @category constructors
 */
export const sample =
  (share: number) =>
  <E extends Event>(event: E): E | Filtered => {
    const digest = createHash("sha256")
      .update(userKey(event) ?? event.id)
      .digest()
    return digest.readUInt32BE(0) < share * 2 ** 32 ? event : filtered("sampled-out")
  }
