/**
 * A catalogue is a set of event types. A generated table stands behind it: the predicate costs well under a
 * microsecond, schemas are built only to explain a failure.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"
import * as Codec from "./Codec.ts"
import type { Event, Of, Types } from "./Event.ts"
import { nearest } from "./Nearest.ts"

/**
 * A set of event types: their names, the test that decides, and the codecs that read their stored records.
 *
 * @since 1.0.0
 * @category models
 */
export interface Catalogue<out E extends Event = Event> {
  readonly name: string
  /** The names of its types; `undefined` when it is open to every type. */
  readonly types: ReadonlySet<string> | undefined
  /** Its own spelling of a type name that others write otherwise; any other name as it is. */
  readonly spelling?: (name: string) => string
  /** Whether an event of a known type fits; well under a microsecond. Lenient: unknown fields pass, null is absent. */
  readonly valid: (event: Event) => boolean
  /** Why an event does not fit, or `undefined` when it does. Slow: asked only after a no. Holds no values. */
  readonly explain: (event: Event) => string | undefined
  /** Fields of a type that hold personal data. */
  readonly personal: (type: string) => ReadonlySet<string>
  readonly codecs: ReadonlyArray<Codec.Codec<E>>
}

const noFields: ReadonlySet<string> = new Set()

/**
 * A catalogue from schemas of the properties of each type, for event types of one's own.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make = <const Map extends Types<Map>>(
  name: string,
  schemas: { readonly [T in keyof Map]: Schema.Codec<Map[T], unknown> }
): Catalogue<Of<Map>> => {
  const byType = new Map<string, Schema.Codec<object, unknown>>(Object.entries(schemas))
  const decoders = new Map<
    string,
    (input: unknown) => { readonly _tag: string; readonly failure?: unknown }
  >()
  const explain = (event: Event) => {
    const schema = byType.get(event.type)
    if (schema === undefined) return `${name} has no type ${event.type}`
    const decode = decoders.get(event.type) ?? Schema.decodeUnknownResult(schema)
    decoders.set(event.type, decode)
    const result = decode(event.properties)
    return result._tag === "Failure" ? String(result.failure) : undefined
  }
  return {
    name,
    types: new Set(byType.keys()),
    valid: (event) => explain(event) === undefined,
    explain,
    personal: () => noFields,
    codecs: []
  }
}

/**
 * Every type of every member.
 *
 * @since 1.0.0
 * @category constructors
 */
export const union = <const Members extends ReadonlyArray<Catalogue>>(
  ...members: Members
): Catalogue<Members[number] extends Catalogue<infer E> ? E : never> => {
  const of = (type: string) => members.find((member) => member.types?.has(type) ?? true)
  const open = members.some((member) => member.types === undefined)
  return {
    name: members.map((member) => member.name).join("+"),
    types: open ? undefined : new Set(members.flatMap((member) => [...member.types!])),
    spelling: (name) => spelled(members, name),
    valid: (event) => of(event.type)?.valid(event) ?? false,
    explain: (event) => {
      const member = of(event.type)
      return member === undefined ? `no catalogue has a type ${event.type}` : member.explain(event)
    },
    personal: (type) => of(type)?.personal(type) ?? noFields,
    codecs: members.flatMap((member) => member.codecs) as never
  }
}

/**
 * A type's name or a wildcard as the catalogues spell it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const spelled = (catalogues: ReadonlyArray<Catalogue>, name: string): string => {
  for (const { spelling } of catalogues) {
    const own = spelling?.(name) ?? name
    if (own !== name) return own
  }
  return name
}

/**
 * The type, or the wildcard, that was probably meant by one that no catalogue knows.
 *
 * @since 1.0.0
 * @category conversions
 */
export const meant = (catalogues: ReadonlyArray<Catalogue>, pattern: string): string | undefined => {
  const types = catalogues.flatMap(({ types }) => [...(types ?? [])])
  return nearest(pattern, pattern.endsWith("*") ? [...new Set(types.flatMap(wildcards))] : types)
}

/** `a.*` and `a.b.*` for `a.b.C`. */
const wildcards = (type: string): ReadonlyArray<string> =>
  type
    .split(".")
    .slice(0, -1)
    .map((_, index, parts) => `${parts.slice(0, index + 1).join(".")}.*`)

/**
 * Open to every event.
 *
 * @since 1.0.0
 * @category constructors
 */
export const any: Catalogue<Event> = {
  name: "any",
  types: undefined,
  valid: () => true,
  explain: () => undefined,
  personal: () => noFields,
  codecs: [Codec.event]
}
