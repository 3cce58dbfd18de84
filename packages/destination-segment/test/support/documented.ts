/**
 * What Braze's glossaries print for the Segment connector, type by type: the fields of the storage form, and where they
 * go. Written down from the glossaries, not from the code.
 */
import type * as Braze from "@millrace/events-braze/Braze"

interface Documented {
  /** Fields of the storage form but for ids, times and the user. */
  readonly stored: string
  /** Names under `properties`. */
  readonly properties: string
  /** Property or context path, and the stored field it is made of, where the names differ. */
  readonly made?: { readonly [target: string]: string }
}

const campaign = "campaign_id campaign_name message_variation_id message_variation_name"
const canvas =
  "canvas_id canvas_name canvas_step_id canvas_step_name canvas_variation_id canvas_variation_name"
const ad = "ad_id ad_id_type ad_tracking_enabled"
const common = `app_group_id ${campaign} ${canvas}`

export const documented: { readonly [Type in Braze.TypeName]?: Documented } = {
  "users.behaviors.Uninstall": {
    stored: "app_group_id app_id",
    properties: "app_group_id app_id device_id"
  },
  "users.behaviors.Purchase": {
    stored: `${ad} app_group_id app_id currency device_model os_version platform price product_id`,
    properties: `${ad} app_group_id app_id currency device_id price product_id`,
    made: { "device.model": "device_model", "device.type": "platform" }
  },
  "users.behaviors.app.FirstSession": {
    stored: "app_group_id app_id device_model os_version platform session_id",
    properties: "app_group_id app_id device_id session_id",
    made: { "device.model": "device_model", "device.type": "platform" }
  },
  "users.messages.contentcard.Click": {
    stored: `${ad} ${common} app_id content_card_id device_model dispatch_id os_version platform send_id`,
    properties: `${ad} ${common} app_id card_id device_id dispatch_id send_id`,
    made: { card_id: "content_card_id", "device.model": "device_model", "device.type": "platform" }
  },
  "users.messages.email.Click": {
    stored: `${common} browser device_class device_model device_os dispatch_id email_address esp from_domain ip_pool is_amp is_suspected_bot_click link_alias link_id mailbox_provider send_id suspected_bot_click_reason url user_agent`,
    properties: `${common} browser device_class device_id device_os dispatch_id esp from_domain ip_pool is_amp is_suspected_bot_click link_alias link_id link_url mailbox_provider send_id suspected_bot_click_reason user_agent`,
    made: { link_url: "url", "traits.email": "email_address", "device.model": "device_model" }
  },
  "users.messages.email.Deferral": {
    stored: `${common} attempt_count canvas_step_message_variation_id deferral_reason dispatch_id email_address esp from_domain ip_pool recipient_domain send_id sending_ip`,
    properties: `${common} attempt_count deferral_reason dispatch_id esp from_domain ip_pool recipient_domain send_id`,
    made: { "traits.email": "email_address" }
  },
  "users.messages.email.Delivery": {
    stored: `${common} dispatch_id email_address esp from_domain ip_pool send_id sending_ip`,
    properties: `${common} device_id dispatch_id esp from_domain ip_pool send_id`,
    made: { "traits.email": "email_address" }
  },
  "users.messages.pushnotification.Abort": {
    stored: `${common} abort_log abort_type app_id canvas_step_message_variation_id dispatch_id platform send_id`,
    properties: `${common} abort_log abort_type app_id device_id dispatch_id platform send_id`
  },
  "users.messages.pushnotification.IosForeground": {
    stored: `${ad} ${common} app_id device_model dispatch_id os_version platform send_id`,
    properties: `${ad} ${common} app_id device_id dispatch_id send_id`,
    made: { "device.model": "device_model", "device.type": "platform" }
  },
  "users.messages.pushnotification.Send": {
    stored: `${ad} ${common} app_id dispatch_id locale_key message_extras platform push_token send_id`,
    properties: `${ad} ${common} app_id device_id dispatch_id locale_key message_extras platform push_token send_id`
  },
  "users.messages.sms.DeliveryFailure": {
    stored: `${common} dispatch_id error is_sms_fallback provider_error_code send_id subscription_group_id to_phone_number`,
    properties: `${common} device_id dispatch_id error is_sms_fallback provider_error_code send_id subscription_group_id`,
    made: { "traits.phone": "to_phone_number" }
  },
  "users.messages.sms.InboundReceive": {
    stored: `${common} action inbound_phone_number media_urls message_body subscription_group_id user_phone_number`,
    properties: `${common} action inbound_phone_number media_urls message_body subscription_group_id`,
    made: { "traits.phone": "user_phone_number" }
  }
}
