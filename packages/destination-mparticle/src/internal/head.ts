import { type Event, properties } from "@millrace/core/Event"
import { present } from "@millrace/events-braze/Values"
import type { Feeds } from "../Feeds.ts"
import * as Limits from "../Limits.ts"
import type { IdentityType, Settings } from "../Settings.ts"
import type { DeviceInfo, Identities } from "./batch.ts"
import { type HeadFields, headFields } from "./headFields.ts"
import type { Plan } from "./plan.ts"
import { cut, isTooLong, isUuid } from "./values.ts"

/** What all events of one mParticle batch share: the user and the device. */
export interface Head {
  readonly identities: Identities | undefined
  readonly mobile: string | undefined
  readonly device: DeviceInfo | undefined
  /** Braze's id of the device. */
  readonly deviceId: string | undefined
}

/** Whether mParticle can find a user or a device by it. */
export const isIdentified = ({ device, identities }: Head): boolean =>
  identities !== undefined || namesDevice(device)

const namesDevice = (device: DeviceInfo | undefined): boolean =>
  device?.ios_idfv !== undefined || hasAdvertisingId(device)

const hasAdvertisingId = (device: DeviceInfo | undefined): boolean =>
  device?.ios_advertising_id !== undefined ||
  device?.android_advertising_id !== undefined ||
  device?.microsoft_advertising_id !== undefined ||
  device?.roku_advertising_id !== undefined

/**
 * One head for the events of both: what they tell together of the user, and of the device when it is one. To an event that
 * tells nothing of a device none is lent. `undefined` when they differ.
 */
export const together = (left: Head, right: Head): Head | undefined => {
  const identities = union(left.identities, right.identities)
  const mobile = left.mobile ?? right.mobile
  const agrees = right.mobile === undefined || right.mobile === mobile
  if (identities === conflict || !agrees) return undefined
  const isOne = left.deviceId === right.deviceId
  const deviceId = isOne ? left.deviceId : undefined
  const device =
    isOne && deviceId !== undefined
      ? union(left.device, right.device)
      : isSame(left.device, right.device)
        ? left.device
        : conflict
  return device === conflict ? undefined : { identities, mobile, device, deviceId }
}

const isSame = (left: DeviceInfo = {}, right: DeviceInfo = {}): boolean => {
  const both = union(left, right)
  return both !== conflict && Object.keys(both ?? {}).every((name) => name in left && name in right)
}

const conflict = Symbol("conflict")

const union = <A extends object>(
  left: A | undefined,
  right: A | undefined
): A | undefined | typeof conflict => {
  if (left === undefined || right === undefined) return left ?? right
  const both = { ...left, ...right }
  // What the right one says stands; of the left one nothing may have been overwritten by something else.
  for (const name in left) if (both[name] !== left[name]) return conflict
  return both
}

/** How heads are made: the identity types, and the feeds that the configuration gives to apps. */
export interface HeadPlan {
  readonly identity: Settings["identity"]
  /** What the id of a device becomes that no member of `device_info` takes. */
  readonly deviceIdentity: IdentityType
  readonly feedOfApp: Feeds["feedOfApp"]
}

export const makeHead = (event: Event, plan: Plan, heads: HeadPlan): Head => {
  const fields = headFields(properties(event))
  const device = deviceOf(event, fields, plan, heads)
  return {
    identities: identitiesOf(event, fields, plan, heads) ?? deviceIdentity(event, device, heads),
    mobile: mobileOf(fields, plan),
    device,
    deviceId: present(event.user.deviceId) ? event.user.deviceId : undefined
  }
}

const identitiesOf = (
  { user }: Event,
  { email_address, user_phone_number }: HeadFields,
  plan: Plan,
  { identity: { externalId, sourceId } }: HeadPlan
): Identities | undefined => {
  let identities: Identities | undefined
  if (plan.email && present(email_address)) identities = { email: email_address }
  // Who writes to us without being known is known by the number.
  if (plan.isInbound && !present(user.externalId) && present(user_phone_number)) {
    identities ??= {}
    identities["mobile_number"] = user_phone_number
  }
  if (sourceId !== undefined && present(user.sourceId)) {
    identities ??= {}
    identities[sourceId] = user.sourceId
  }
  // Last, so that the external id wins where two want the same type.
  if (present(user.externalId)) {
    identities ??= {}
    identities[externalId] = user.externalId
  }
  return identities
}

/** The id of an Android device, of a browser, or of one unknown: nothing else identifies the event. */
const deviceIdentity = (
  { user }: Event,
  device: DeviceInfo | undefined,
  { deviceIdentity }: HeadPlan
): Identities | undefined =>
  present(user.deviceId) && !namesDevice(device) ? { [deviceIdentity]: user.deviceId } : undefined

const mobileOf = (fields: HeadFields, { mobile }: Plan): string | undefined => {
  for (const field of mobile) {
    const value = fields[field]
    if (present(value)) return isTooLong(value) ? cut(value, Limits.value) : value
  }
  return undefined
}

/** Currents' platforms in mParticle's spelling. Fire TV and Kindle, both `kindle`, run Android. */
const platforms: ReadonlyMap<unknown, string> = new Map([
  ["ios", "iOS"],
  ["android", "Android"],
  ["web", "web"],
  ["tvos", "tvOS"],
  ["roku", "roku"],
  ["kindle", "Android"]
])

const advertisingIds = new Map<
  unknown,
  "ios_advertising_id" | "android_advertising_id" | "microsoft_advertising_id" | "roku_advertising_id"
>([
  ["ios_idfa", "ios_advertising_id"],
  ["google_ad_id", "android_advertising_id"],
  ["windows_ad_id", "microsoft_advertising_id"],
  ["roku_ad_id", "roku_advertising_id"]
])

const deviceOf = (
  { user }: Event,
  { ad_id, ad_id_type, ad_tracking_enabled, app_id, device_model, os_version, platform }: HeadFields,
  plan: Plan,
  { feedOfApp }: HeadPlan
): DeviceInfo | undefined => {
  const device: DeviceInfo = {}
  let any = false
  const spelled = plan.device.platform ? platforms.get(platform) : undefined
  if (spelled !== undefined) {
    device.platform = spelled
    any = true
  }
  if (plan.device.os_version && present(os_version)) {
    device.os_version = os_version
    any = true
  }
  if (plan.device.device_model && present(device_model)) {
    device.device_model = device_model
    any = true
  }
  if (plan.device.ios_idfv && isApple(platform, app_id, feedOfApp) && isUuid(user.deviceId)) {
    device.ios_idfv = user.deviceId
    any = true
  }
  if (plan.device.ad_id && isUuid(ad_id)) {
    const member = advertisingIds.get(ad_id_type)
    if (member !== undefined) {
      device[member] = ad_id
      any = true
    }
  }
  if (plan.device.limit_ad_tracking && typeof ad_tracking_enabled === "boolean") {
    // Braze tells whether tracking is allowed, mParticle whether it is limited.
    device.limit_ad_tracking = !ad_tracking_enabled
    any = true
  }
  return any ? device : undefined
}

/** mParticle takes an `ios_idfv` of iOS and tvOS only, so where no platform is told the app must be known. */
const isApple = (platform: unknown, app: unknown, feedOfApp: Feeds["feedOfApp"]) =>
  platform === "ios" || platform === "tvos" || (!present(platform) && feedOfApp(app) === "ios")

/**
 * Whether a property is fully told by the event's own head, so that it need not be an attribute as well: what mParticle
 * spells otherwise, or does not take, stays one.
 */
export const isTold = (field: string, value: unknown, head: Head, plan: Plan): boolean => {
  switch (field) {
    case "email_address":
      return head.identities?.["email"] === value
    case "platform":
      return head.device?.platform !== undefined && value !== "kindle"
    case "os_version":
      return head.device?.os_version === value
    case "device_model":
      return head.device?.device_model === value
    case "ad_tracking_enabled":
      return head.device?.limit_ad_tracking !== undefined
    case "ad_id":
    case "ad_id_type":
      return hasAdvertisingId(head.device)
    case "to_phone_number":
    case "user_phone_number":
      return head.mobile === value && plan.mobile.includes(field)
    default:
      return false
  }
}
