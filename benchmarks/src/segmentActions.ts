/** Two ways to write the same mapping as an action of Segment's. */
import { type CurrentsEvent, type Message, messageOf } from "./message.ts"

/** An event in the words of Segment. */
export interface Tracked {
  readonly type: "track"
  readonly event: string
  readonly messageId: string
  readonly timestamp: number
  readonly user: CurrentsEvent["user"]
  readonly properties: CurrentsEvent["properties"]
}

export const tracked = ({ event_type, id, properties, time, user }: CurrentsEvent): Tracked => ({
  type: "track",
  event: event_type,
  messageId: id,
  timestamp: time,
  user,
  properties
})

export interface SegmentAction {
  readonly fields: { readonly [field: string]: object }
  /** Segment's directives, by which each field is filled. */
  readonly mapping: { readonly [field: string]: object }
  readonly toMessage: (payload: Payload) => Message
}

/** What has passed Segment's mapping and validation. */
export interface Payload {
  readonly [field: string]: unknown
}

const field = (type: string, required: boolean) => ({ label: type, description: type, type, required })

const path = (name: string) => ({ "@path": `$.${name}` })

/** Five fields go through Segment, the rest is done in code: as cheap as an action can be. */
export const inCode: SegmentAction = {
  fields: {
    event_type: field("string", true),
    id: field("string", true),
    time: field("number", true),
    user: field("object", true),
    properties: field("object", true)
  },
  mapping: {
    event_type: path("event"),
    id: path("messageId"),
    time: path("timestamp"),
    user: path("user"),
    properties: path("properties")
  },
  // Segment has validated the fields.
  toMessage: (payload) => messageOf(payload as unknown as CurrentsEvent)
}

/** All properties that are used for any type. */
const properties =
  "ad_id ad_id_type ad_tracking_enabled app_group_id app_id browser campaign_id campaign_name canvas_entry_id canvas_id canvas_name canvas_step_id canvas_step_name canvas_variation_id canvas_variation_name card_id category content_card_id device_class device_model device_os dispatch_id email_address esp exit_reason from_domain from_phone_number in_control_group ip_pool is_amp is_canvas_entry is_sms_fallback is_suspected_bot_click link_alias link_id locale_key machine_open mailbox_provider message_extras message_variation_id message_variation_name next_step_id platform progression_type push_token send_id subscription_group_id to_phone_number url user_agent".split(
    " "
  )

/** Each property is a field with its directive, as in the destinations that Segment publishes. */
export const byDirectives: SegmentAction = {
  fields: {
    event_type: field("string", true),
    id: field("string", true),
    time: field("number", true),
    external_user_id: field("string", true),
    device_id: field("string", false),
    ...Object.fromEntries(
      properties.map((name) => [name, field(name === "ad_tracking_enabled" ? "boolean" : "string", false)])
    )
  },
  mapping: {
    event_type: path("event"),
    id: path("messageId"),
    time: path("timestamp"),
    external_user_id: path("user.external_user_id"),
    device_id: path("user.device_id"),
    ...Object.fromEntries(properties.map((name) => [name, path(`properties.${name}`)]))
  },
  // The fields have the names of the properties, so nothing need be copied.
  toMessage: (payload) =>
    messageOf({
      event_type: payload["event_type"],
      id: payload["id"],
      time: payload["time"],
      user: payload,
      properties: payload
    } as CurrentsEvent)
}
