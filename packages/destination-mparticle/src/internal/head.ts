import { type Event, properties } from "@millrace/core/Event"
import { present } from "@millrace/events-braze/Values"
import type { FeedName } from "../Credentials.ts"
import * as Limits from "../Limits.ts"
import type { Settings } from "../Settings.ts"
import type { DeviceInfo, Identities } from "./batch.ts"
import type { Plan } from "./plan.ts"
import { cut, isTooLong, isUuid } from "./values.ts"

/** What all events of one mParticle batch share: the user and the device. */
export interface Head {
  readonly identities: Identities | undefined
  readonly mobile: string | undefined
  readonly device: DeviceInfo | undefined
}

/** Whether mParticle can find a user or a device by it. */
export const isIdentified = ({ device, identities }: Head): boolean =>
  identities !== undefined ||
  device?.ios_idfv !== undefined ||
  device?.ios_advertising_id !== undefined ||
  device?.android_advertising_id !== undefined ||
  device?.microsoft_advertising_id !== undefined ||
  device?.roku_advertising_id !== undefined

/** One head for the events of both; `undefined` when they contradict each other. */
export const together = (left: Head, right: Head): Head | undefined => {
  const identities = union(left.identities, right.identities)
  const device = union(left.device, right.device)
  const mobile = left.mobile ?? right.mobile
  const agrees = right.mobile === undefined || right.mobile === mobile
  return identities === conflict || device === conflict || !agrees
    ? undefined
    : { identities, device, mobile }
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

type Values = { readonly [field: string]: unknown }

export const makeHead = (
  event: Event,
  plan: Plan,
  identity: Settings["identity"],
  feed: FeedName | undefined
): Head => {
  const values = properties(event)
  return {
    identities: identitiesOf(event, values, plan, identity),
    mobile: mobileOf(values, plan),
    device: deviceOf(event, values, plan, feed)
  }
}

const identitiesOf = (
  { user }: Event,
  values: Values,
  plan: Plan,
  { externalId, sourceId }: Settings["identity"]
): Identities | undefined => {
  let identities: Identities | undefined
  const { email_address } = values
  if (plan.email && present(email_address)) identities = { email: email_address }
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

const mobileOf = (values: Values, { mobile }: Plan): string | undefined => {
  for (const field of mobile) {
    const value = values[field]
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
  values: Values,
  plan: Plan,
  feed: FeedName | undefined
): DeviceInfo | undefined => {
  const device: DeviceInfo = {}
  let any = false
  const { ad_id, ad_tracking_enabled, device_model, os_version } = values
  const platform = plan.device.platform ? values["platform"] : undefined
  const spelled = platforms.get(platform)
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
  if (plan.device.ios_idfv && isUuid(user.deviceId) && (!plan.extended || isApple(platform, feed))) {
    device.ios_idfv = user.deviceId
    any = true
  }
  if (plan.device.ad_id && isUuid(ad_id)) {
    const member = advertisingIds.get(values["ad_id_type"])
    if (member !== undefined) {
      device[member] = ad_id
      any = true
    }
  }
  if (plan.device.limit_ad_tracking && typeof ad_tracking_enabled === "boolean") {
    device.limit_ad_tracking = plan.extended ? !ad_tracking_enabled : ad_tracking_enabled
    any = true
  }
  return any ? device : undefined
}

const isApple = (platform: unknown, feed: FeedName | undefined) =>
  platform === "ios" || platform === "tvos" || (!present(platform) && feed === "ios")

/**
 * Whether a property is fully told by the head, so that it need not be an attribute as well: what mParticle spells
 * otherwise, or does not take, stays one.
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
    case "ad_id_type": {
      const device = head.device
      return (
        device?.ios_advertising_id !== undefined ||
        device?.android_advertising_id !== undefined ||
        device?.microsoft_advertising_id !== undefined ||
        device?.roku_advertising_id !== undefined
      )
    }
    default:
      return head.mobile === value && plan.mobile.includes(field)
  }
}
