/**
 * What Braze documents of its own mParticle connector, per event type: names, attributes, identities.
 *
 * From the mParticle tabs of Braze's message engagement glossary and its mParticle partner page. The tabs stand at
 * schema version 4: later fields are in none of these lists.
 *
 * @since 1.0.0
 */
import { mparticle } from "./generated/mparticle.ts"
import { appLevel, table } from "./generated/table.ts"

/**
 * The facts of one type.
 *
 * @since 1.0.0
 * @category models
 */
export interface Facts {
  /** Selected by default: Braze documents its payload (69 types) or lists it on the partner page (the two Aborts). */
  readonly selected: boolean
  /** Whether Braze documents the payload. If not, the name is ours, in the same style, and the lists are empty. */
  readonly documented: boolean
  /** Braze's English label, such as `Email Opens`. LINE and RCS share some. */
  readonly eventName: string
  /** As `eventName`, with the channel in front where the label leaves it out: unique. */
  readonly qualifiedName: string
  /** `uninstall` for `users.behaviors.Uninstall`, whose payload has no event name. */
  readonly eventType: "custom_event" | "uninstall"
  /** Names of the documented custom attributes; `card_id` stands for `content_card_id`. */
  readonly attributes: ReadonlyArray<string>
  /** Names of the documented members of `device_info`. */
  readonly deviceInfo: ReadonlyArray<string>
  /** Names of the documented user identities: `customerid`, `email`. */
  readonly identities: ReadonlyArray<string>
  /** The field that becomes the user attribute `$mobile`. */
  readonly mobile: string | undefined
  /** Goes to the feed of its app's platform; all others go to the unbound feed. */
  readonly appLevel: boolean
  /** Names of the properties that its events may have, in either wire form. */
  readonly fields: ReadonlySet<string>
}

const words = (text: string | undefined): ReadonlyArray<string> => text?.split(" ") ?? []

/**
 * The facts of all 106 types, by type name.
 *
 * @since 1.0.0
 * @category models
 */
export const facts: ReadonlyMap<string, Facts> = new Map(
  Object.entries(mparticle).map(([type, row]) => [
    type,
    {
      selected: row.selected ?? false,
      documented: row.documented ?? false,
      eventName: row.eventName,
      qualifiedName: row.qualifiedName ?? row.eventName,
      eventType: row.eventType === "uninstall" ? "uninstall" : "custom_event",
      attributes: words(row.attributes),
      deviceInfo: words(row.deviceInfo),
      identities: words(row.identities),
      mobile: row.mobile,
      appLevel: appLevel.has(type),
      fields: new Set(words(table[type]).map((field) => field.replace(/\W.*/, "")))
    }
  ])
)

/**
 * The 71 types that are sent unless the user chooses otherwise.
 *
 * @since 1.0.0
 * @category models
 */
export const selected: ReadonlySet<string> = new Set(
  [...facts].filter(([, { selected }]) => selected).map(([type]) => type)
)
