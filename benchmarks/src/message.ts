/**
 * The mapping that every subject but Millrace uses: a Currents event to an mParticle batch, written by hand for the
 * types of the sample. A test holds it against `@millrace/destination-mparticle`.
 */

/** `null` where Avro has nothing. */
type Value = string | number | boolean | null | undefined

/** An event as Braze's Custom HTTP connector posts it. */
export interface CurrentsEvent {
  readonly event_type: string
  readonly id: string
  /** In seconds. */
  readonly time: number
  readonly user: {
    readonly external_user_id?: string | undefined
    readonly device_id?: string | undefined
  }
  readonly properties: { readonly [field: string]: Value }
}

/** An mParticle batch of one event; what is undefined is not sent. */
export interface Message {
  readonly environment: string
  readonly source_request_id: string
  readonly user_identities: { readonly email?: Value; readonly customer_id: Value }
  readonly user_attributes: { readonly $mobile: Value } | undefined
  readonly device_info: { [member: string]: Value } | undefined
  readonly events: ReadonlyArray<object>
}

export type Feed = "ios" | "android" | "web" | "unbound"

export const feeds: ReadonlyArray<Feed> = ["ios", "android", "web", "unbound"]

/** Where an event goes; nowhere without an external id. */
export const feedOf = ({ event_type, user, properties }: CurrentsEvent): Feed | undefined => {
  if (user.external_user_id === undefined) return undefined
  if (!isAppLevel(event_type)) return "unbound"
  switch (properties["platform"]) {
    case "ios":
    case "tvos":
      return "ios"
    case "android":
    case "kindle":
      return "android"
    case "web":
      return "web"
    default:
      return "unbound"
  }
}

export const messageOf = (event: CurrentsEvent): Message => {
  const { event_type, id, properties, time, user } = event
  const isMail = event_type.startsWith("users.messages.email.")
  const mobile = properties["to_phone_number"] ?? undefined
  return {
    environment: "development",
    source_request_id: id,
    events: [
      {
        event_type: "custom_event",
        data: {
          event_name: names[event_type],
          custom_event_type: "other",
          timestamp_unixtime_ms: time * 1000,
          source_message_id: id,
          custom_attributes: attributesOf(event, isMail)
        }
      }
    ],
    user_identities: isMail
      ? { email: properties["email_address"] ?? undefined, customer_id: user.external_user_id }
      : { customer_id: user.external_user_id },
    user_attributes: mobile === undefined ? undefined : { $mobile: mobile },
    device_info: deviceOf(event)
  }
}

// internal

const names: { readonly [type: string]: string } = {
  "users.messages.email.Send": "Email Sends",
  "users.messages.email.Delivery": "Email Deliveries",
  "users.messages.email.Open": "Email Opens",
  "users.messages.email.Click": "Email Clicks",
  "users.messages.pushnotification.Send": "Push Notification Sends",
  "users.messages.pushnotification.Open": "Push Notification Opens",
  "users.messages.inappmessage.Impression": "In-App Message Impressions",
  "users.messages.contentcard.Impression": "Content Card Impressions",
  "users.messages.sms.Send": "SMS Sends",
  "users.messages.sms.Delivery": "SMS Deliveries",
  "users.canvas.Entry": "Canvas Entries",
  "users.canvasstep.Progression": "Canvas Step Progressions"
}

const isAppLevel = (type: string): boolean =>
  type.startsWith("users.messages.pushnotification.") ||
  type.startsWith("users.messages.inappmessage.") ||
  type.startsWith("users.messages.contentcard.")

const attributesOf = (event: CurrentsEvent, isMail: boolean): object => {
  if (isMail) return mailAttributes(event)
  if (isAppLevel(event.event_type)) return appAttributes(event)
  return event.event_type.startsWith("users.messages.sms.") ? textAttributes(event) : canvasAttributes(event)
}

/** Attributes are text. */
const text = (value: Value): string | undefined => (typeof value === "string" ? value : print(value))

const print = (value: Value): string | undefined =>
  value === undefined || value === null ? undefined : String(value)

const mailAttributes = ({ id, properties, user }: CurrentsEvent): object => ({
  app_group_id: text(properties["app_group_id"]),
  browser: text(properties["browser"]),
  campaign_id: text(properties["campaign_id"]),
  campaign_name: text(properties["campaign_name"]),
  canvas_id: text(properties["canvas_id"]),
  canvas_name: text(properties["canvas_name"]),
  canvas_step_id: text(properties["canvas_step_id"]),
  canvas_step_name: text(properties["canvas_step_name"]),
  canvas_variation_id: text(properties["canvas_variation_id"]),
  canvas_variation_name: text(properties["canvas_variation_name"]),
  device_class: text(properties["device_class"]),
  device_id: user.device_id,
  device_os: text(properties["device_os"]),
  dispatch_id: text(properties["dispatch_id"]),
  esp: text(properties["esp"]),
  from_domain: text(properties["from_domain"]),
  ip_pool: text(properties["ip_pool"]),
  is_amp: text(properties["is_amp"]),
  is_suspected_bot_click: text(properties["is_suspected_bot_click"]),
  link_alias: text(properties["link_alias"]),
  link_id: text(properties["link_id"]),
  machine_open: text(properties["machine_open"]),
  mailbox_provider: text(properties["mailbox_provider"]),
  message_extras: text(properties["message_extras"]),
  message_variation_id: text(properties["message_variation_id"]),
  message_variation_name: text(properties["message_variation_name"]),
  send_id: text(properties["send_id"]),
  source_request_id: id,
  url: text(properties["url"]),
  user_agent: text(properties["user_agent"])
})

const appAttributes = ({ id, properties, user }: CurrentsEvent): object => ({
  app_group_id: text(properties["app_group_id"]),
  app_id: text(properties["app_id"]),
  campaign_id: text(properties["campaign_id"]),
  campaign_name: text(properties["campaign_name"]),
  canvas_id: text(properties["canvas_id"]),
  canvas_name: text(properties["canvas_name"]),
  canvas_step_id: text(properties["canvas_step_id"]),
  canvas_step_name: text(properties["canvas_step_name"]),
  canvas_variation_id: text(properties["canvas_variation_id"]),
  canvas_variation_name: text(properties["canvas_variation_name"]),
  card_id: text(properties["content_card_id"] ?? properties["card_id"]),
  device_id: user.device_id,
  dispatch_id: text(properties["dispatch_id"]),
  locale_key: text(properties["locale_key"]),
  message_extras: text(properties["message_extras"]),
  message_variation_id: text(properties["message_variation_id"]),
  message_variation_name: text(properties["message_variation_name"]),
  push_token: text(properties["push_token"]),
  send_id: text(properties["send_id"]),
  source_request_id: id
})

const textAttributes = ({ id, properties, user }: CurrentsEvent): object => ({
  app_group_id: text(properties["app_group_id"]),
  campaign_id: text(properties["campaign_id"]),
  campaign_name: text(properties["campaign_name"]),
  canvas_id: text(properties["canvas_id"]),
  canvas_name: text(properties["canvas_name"]),
  canvas_step_id: text(properties["canvas_step_id"]),
  canvas_step_name: text(properties["canvas_step_name"]),
  canvas_variation_id: text(properties["canvas_variation_id"]),
  canvas_variation_name: text(properties["canvas_variation_name"]),
  category: text(properties["category"]),
  device_id: user.device_id,
  dispatch_id: text(properties["dispatch_id"]),
  from_phone_number: text(properties["from_phone_number"]),
  is_sms_fallback: text(properties["is_sms_fallback"]),
  message_extras: text(properties["message_extras"]),
  message_variation_id: text(properties["message_variation_id"]),
  message_variation_name: text(properties["message_variation_name"]),
  send_id: text(properties["send_id"]),
  source_request_id: id,
  subscription_group_id: text(properties["subscription_group_id"])
})

const canvasAttributes = ({ id, properties, user }: CurrentsEvent): object => ({
  app_group_id: text(properties["app_group_id"]),
  canvas_entry_id: text(properties["canvas_entry_id"]),
  canvas_id: text(properties["canvas_id"]),
  canvas_name: text(properties["canvas_name"]),
  canvas_step_id: text(properties["canvas_step_id"]),
  canvas_step_name: text(properties["canvas_step_name"]),
  canvas_variation_id: text(properties["canvas_variation_id"]),
  canvas_variation_name: text(properties["canvas_variation_name"]),
  device_id: user.device_id,
  exit_reason: text(properties["exit_reason"]),
  in_control_group: text(properties["in_control_group"]),
  is_canvas_entry: text(properties["is_canvas_entry"]),
  next_step_id: text(properties["next_step_id"]),
  progression_type: text(properties["progression_type"]),
  source_request_id: id
})

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const platforms: { readonly [platform: string]: string } = {
  ios: "iOS",
  android: "Android",
  web: "web",
  tvos: "tvOS",
  roku: "roku",
  kindle: "Android"
}

const advertisingIds: { readonly [type: string]: string } = {
  ios_idfa: "ios_advertising_id",
  google_ad_id: "android_advertising_id",
  windows_ad_id: "microsoft_advertising_id",
  roku_ad_id: "roku_advertising_id"
}

const deviceOf = ({ event_type, properties, user }: CurrentsEvent): Message["device_info"] => {
  const { device_id } = user
  const isApple = properties["platform"] === "ios" || properties["platform"] === "tvos"
  const ios_idfv = isApple && device_id !== undefined && uuid.test(device_id) ? device_id : undefined
  if (!isAppLevel(event_type)) {
    const device_model = properties["device_model"] ?? undefined
    return ios_idfv === undefined && device_model === undefined ? undefined : { device_model, ios_idfv }
  }
  const { ad_id, ad_id_type, ad_tracking_enabled, platform } = properties
  const device: { [member: string]: Value } = {
    platform: typeof platform === "string" ? platforms[platform] : undefined,
    device_model: properties["device_model"] ?? undefined,
    ios_idfv,
    limit_ad_tracking: typeof ad_tracking_enabled === "boolean" ? !ad_tracking_enabled : undefined
  }
  const member = typeof ad_id_type === "string" ? advertisingIds[ad_id_type] : undefined
  if (member !== undefined && typeof ad_id === "string" && uuid.test(ad_id)) device[member] = ad_id
  return device
}
