/**
 * The event types of Braze Currents: 106 names with an interface each, and the catalogues made of them.
 *
 * Braze adds types and fields about once a month, so nothing here is strict: every field may be missing or null,
 * unknown fields stay in `properties`, unknown types are `UnknownEvent`.
 *
 * @since 1.0.0
 */
import type { Catalogue } from "@millrace/core/Catalogue"
import type { Codec } from "@millrace/core/Codec"
import type { Event, UnknownEvent } from "@millrace/core/Event"
import * as AvroRecord from "./AvroRecord.ts"
import * as CustomHttp from "./CustomHttp.ts"
import { appLevel, table } from "./generated/table.ts"
import type { Types } from "./generated/types.ts"
import * as Check from "./internal/check.ts"
import type { BrazeEvent } from "./internal/event.ts"
import * as internal from "./internal/event.ts"

export type { UnknownEvent } from "@millrace/core/Event"
export type * from "./generated/types.ts"
export type { BrazeEvent } from "./internal/event.ts"

/**
 * The name of a Currents event type, letter for letter as Braze writes it.
 *
 * @since 1.0.0
 * @category models
 */
export type TypeName = keyof Types

/**
 * All type names of the catalogue.
 *
 * @since 1.0.0
 * @category models
 */
export const typeNames: ReadonlySet<string> = new Set(Object.keys(table))

/**
 * Whether this is the name of a type of the catalogue, letter for letter.
 *
 * @since 1.0.0
 * @category conversions
 */
export const isTypeName = (name: string): name is TypeName => typeNames.has(name)

/**
 * Whether a type belongs to one app of the workspace, so that its events go to that app's platform. E-mail, SMS,
 * WhatsApp, LINE, RCS, webhook, campaign and canvas events never do, whatever fields they carry.
 *
 * @since 1.0.0
 * @category conversions
 */
export const isAppLevel = (type: string): boolean => appLevel.has(type)

/**
 * The catalogue's spelling of a type name: partner pages write `users_campaigns_abort` for `users.campaigns.Abort`.
 *
 * @since 1.0.0
 * @category conversions
 */
export const typeName: (name: string) => string = internal.typeName

const shared = {
  name: "braze",
  types: typeNames,
  spelling: internal.typeName,
  explain: (event: Event) => Check.explain(event.type, event.properties),
  personal: Check.personal
}

/**
 * What a source of Currents events yields: also types that Braze added since. An unknown type is always valid.
 *
 * @since 1.0.0
 * @category constructors
 */
export const catalogue: Catalogue<BrazeEvent | UnknownEvent> = {
  ...shared,
  valid: (event) => Check.valid(event.type, event.properties),
  codecs: [CustomHttp.codec, AvroRecord.codec]
}

/**
 * What a destination for Currents events accepts: the known types alone. Its codecs read what waits for the
 * destination when its source is gone.
 *
 * @since 1.0.0
 * @category constructors
 */
export const known: Catalogue<BrazeEvent> = {
  ...shared,
  valid: (event) => typeNames.has(event.type) && Check.valid(event.type, event.properties),
  explain: (event) => (typeNames.has(event.type) ? shared.explain(event) : `braze has no type ${event.type}`),
  // They read every type, as those of `catalogue` do: what waits for a destination is of a known one.
  codecs: catalogue.codecs as ReadonlyArray<Codec<BrazeEvent>>
}
