import * as Braze from "@millrace/events-braze/Braze"
import * as MParticleFacts from "@millrace/events-braze/MParticleFacts"
import type { Settings } from "../Settings.ts"
import { mobileFields } from "./headFields.ts"

/** How events of one type are mapped: made on the type's first event. */
export interface Plan {
  readonly eventType: "custom_event" | "uninstall"
  readonly eventName: string
  /** Nothing is lost, and the type's own name goes along. */
  readonly extended: boolean
  /** Every property is sent, not only what stands in `fields`. */
  readonly everything: boolean
  /** The documented attributes that are sent, by the property that they are made of. */
  readonly fields: ReadonlyMap<string, string>
  /** Those that are no property, and those with one name: the later one that is there is sent. */
  readonly inOrder: ReadonlyArray<{ readonly field: string; readonly name: string }>
  /** The attribute of a field: another name, or null to leave it out. */
  readonly renamed: ReadonlyMap<string, string | null>
  /** Members of `device_info` that are sent. */
  readonly device: { readonly [Member in DeviceMember]: boolean }
  readonly email: boolean
  /** A message that a user sent. */
  readonly isInbound: boolean
  /** What mParticle has a shape of its own for. */
  readonly native: Native | undefined
  /** The field whose members become attributes each by its own name. */
  readonly own: string | undefined
  /** Fields of which the first that is there becomes `$mobile`. */
  readonly mobile: ReadonlyArray<(typeof mobileFields)[number]>
}

const members = ["platform", "os_version", "device_model", "ios_idfv", "ad_id", "limit_ad_tracking"] as const
type DeviceMember = (typeof members)[number]

/**
 * Of a type whose payload Braze does not document, parity sends every property but the kinds that Braze sends of no
 * type: user id, time zone, OS version and arrays.
 */
export const planner = (settings: Settings): ((type: string) => Plan) => {
  const plans = new Map<string, Plan>()
  const names = byTypeName(settings.names)
  const attributes = byTypeName(settings.attributes)
  return (type) => {
    const found = plans.get(type)
    if (found !== undefined) return found
    const plan = planOf(type, settings, names.get(type), attributes.get(type) ?? {})
    plans.set(type, plan)
    return plan
  }
}

const byTypeName = <A>(record: { readonly [type: string]: A }): ReadonlyMap<string, A> =>
  new Map(Object.entries(record).map(([type, value]) => [Braze.typeName(type), value]))

const planOf = (
  type: string,
  { nativeEvents, profile }: Settings,
  name: string | undefined,
  renames: { readonly [field: string]: string | null }
): Plan => {
  // A route lets only the catalogue's types reach a destination, and the facts have all of them.
  const facts = MParticleFacts.facts.get(type)!
  const extended = profile === "extended"
  const everything = extended || !facts.documented
  const has = new Set(facts.deviceInfo)
  // A field that is renamed or left out is asked for, or not wanted: the shape that holds it is not made.
  const given = natives.get(type)
  const native =
    (nativeEvents ?? extended) && given !== undefined && given.needs.every((field) => !(field in renames))
      ? given
      : undefined
  const renamed = new Map(Object.entries(renames))
  // Braze's name for the one field that it renames itself.
  if (!renamed.has("content_card_id")) renamed.set("content_card_id", renamed.get("card_id") ?? "card_id")
  const documented = facts.attributes.flatMap((attribute) => {
    const field = attribute === "card_id" && isContentCard(type) ? "content_card_id" : attribute
    const given = renamed.get(field)
    return given === null ? [] : [{ field, name: given ?? attribute }]
  })
  const isInOrder = ({ field, name }: Plan["inOrder"][number]) =>
    field === "source_request_id" ||
    field === "device_id" ||
    documented.some((other) => other.name === name && other.field !== field)
  return {
    // An uninstall event has no name: who gives it one wants a custom event.
    eventType: name === undefined ? facts.eventType : "custom_event",
    eventName: name ?? (extended ? facts.qualifiedName : facts.eventName),
    extended,
    everything,
    fields: new Map(documented.filter((one) => !isInOrder(one)).map(({ field, name }) => [field, name])),
    inOrder: documented.filter(isInOrder),
    renamed,
    device: {
      platform: everything || has.has("platform"),
      os_version: extended,
      device_model: everything || has.has("device_model"),
      ios_idfv: everything || has.has("ios_idfv"),
      ad_id: everything || has.has("ios_advertising_id"),
      limit_ad_tracking: everything || has.has("limit_ad_tracking")
    },
    isInbound: type.endsWith(".InboundReceive"),
    native: name === undefined ? native?.shape : undefined,
    own: native === undefined || native.own in renames ? undefined : native.own,
    email: everything || facts.identities.includes("email"),
    mobile: mobileFields.filter((field) => (facts.mobile === undefined ? everything : field === facts.mobile))
  }
}

/** `name`: a custom event goes under its own name. `purchase`: a purchase is a commerce event. */
export type Native = "name" | "purchase"

const natives: ReadonlyMap<
  string,
  { readonly shape: Native; readonly needs: ReadonlyArray<string>; readonly own: string }
> = new Map([
  ["users.behaviors.CustomEvent", { shape: "name", needs: ["name"], own: "custom_properties" }],
  [
    "users.behaviors.Purchase",
    { shape: "purchase", needs: ["product_id", "price", "currency"], own: "purchase_properties" }
  ]
])

const isContentCard = (type: string) => type.startsWith("users.messages.contentcard.")
