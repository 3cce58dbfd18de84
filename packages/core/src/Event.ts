/**
 * The event: one thing that happened, as plain data that survives JSON.
 *
 * Event types are interfaces gathered in a map; `Of<Types>` is their union. No schema runs when an event
 * passes through: a catalogue's predicate, made from a table, decides.
 *
 * @since 1.0.0
 */

/**
 * One thing that happened. The core reads everything but `properties`.
 *
 * @since 1.0.0
 * @category models
 */
export interface Event<Type extends string = string, Properties extends object = object> {
  /** Unique and stable: the same event read twice has the same id. Message ids derive from it. */
  readonly id: string
  /** The vendor's own name, letter for letter. */
  readonly type: Type
  /** When it happened, in epoch milliseconds. */
  readonly time: number
  readonly user: User
  readonly properties: Properties
}

/**
 * Whom an event is about. Order is kept per `sourceId`, else `externalId`, else `deviceId`.
 *
 * @since 1.0.0
 * @category models
 */
export interface User {
  /** The source's own id of the user; present for anonymous users too. */
  readonly sourceId?: string | undefined
  /** The id the customer gave the user; absent for anonymous users. */
  readonly externalId?: string | undefined
  readonly deviceId?: string | undefined
  /** IANA name of the user's time zone. */
  readonly timezone?: string | undefined
}

/**
 * Constraint of a map from event type to the interface of its properties.
 *
 * @since 1.0.0
 * @category models
 */
export type Types<Map> = { readonly [Type in keyof Map]: object }

/**
 * The union of a map's events, or with a second argument some of them:
 * `Event.Of<BrazeTypes, "users.canvas.Entry">`.
 *
 * @since 1.0.0
 * @category models
 */
export type Of<Map extends Types<Map>, Type extends keyof Map = keyof Map> = {
  readonly [T in Type & string]: Event<T, Map[T]>
}[Type & string]

// An ambient enum: the one brand that keeps the vendor's name at run time and lets `switch (event.type)` narrow.
declare enum UnknownType {
  _ = ""
}

export type {
  /**
   * A type name that no catalogue knows: at run time the vendor's name, opaque to the compiler.
   *
   * @since 1.0.0
   * @category models
   */
  UnknownType
}

/**
 * An event whose type no catalogue knows. It passes only where a route asks for `"*"`.
 *
 * @since 1.0.0
 * @category models
 */
export type UnknownEvent = Event<UnknownType, { readonly [field: string]: unknown }>

type Keys<P> = P extends unknown ? keyof P : never
type Field<P, Name> = P extends unknown ? (Name extends keyof P ? P[Name] : undefined) : never

/**
 * Reads a property of a union of events: `undefined` for types without it, a compile error if no type has it.
 *
 * @since 1.0.0
 * @category conversions
 */
export const get = <E extends Event, const Name extends Keys<E["properties"]> & string>(
  event: E,
  name: Name
): Field<E["properties"], Name> | undefined =>
  properties(event)[name] as Field<E["properties"], Name> | undefined

/**
 * All properties as a record: also those that the event's type does not name.
 *
 * @since 1.0.0
 * @category conversions
 */
export const properties = (event: Event): { readonly [field: string]: unknown } =>
  event.properties as { readonly [field: string]: unknown }

/**
 * The key by which order is kept, or `undefined` for an event that names no user at all.
 *
 * @since 1.0.0
 * @category conversions
 */
export const userKey = (event: Event): string | undefined =>
  event.user.sourceId ?? event.user.externalId ?? event.user.deviceId
