/**
 * What Braze's glossaries print for the Amplitude connector, type by type: the fields of the storage form, and where they
 * go. Written down from the glossaries, not from the code.
 */
import type * as Braze from "@millrace/events-braze/Braze"

interface Documented {
  /** Fields of the storage form but for ids, times and the user. */
  readonly stored: string
  /** Names under `event_properties`, without the time zone: some types have it, some not. */
  readonly properties: string
  /** Property, and the stored field it is made of, where the names differ. */
  readonly made?: { readonly [target: string]: string }
  /** Members beside the properties, and the stored field they are made of. */
  readonly beside?: { readonly [member: string]: string }
}

const campaign = "campaign_id campaign_name message_variation_id message_variation_name"
const canvas =
  "canvas_id canvas_name canvas_step_id canvas_step_name canvas_variation_id canvas_variation_name"
const ad = "ad_id ad_id_type ad_tracking_enabled"
const common = `app_group_id ${campaign} ${canvas}`

const same = (fields: string): Documented => ({ stored: fields, properties: fields })

export const documented: { readonly [Type in Braze.TypeName]?: Documented } = {
  "users.behaviors.Uninstall": same("app_group_id app_id"),
  "users.behaviors.Purchase": {
    stored: `${ad} app_group_id app_id currency device_model os_version platform price product_id`,
    properties: `${ad} app_group_id app_id currency device_model os_version platform`,
    beside: { price: "price", productId: "product_id" }
  },
  "users.behaviors.app.SessionEnd": same(
    "app_group_id app_id device_model duration os_version platform session_id"
  ),
  "users.behaviors.subscription.GlobalStateChange": same(
    `${common} app_id channel channel_identifier email_address send_id state_change_source subscription_status`
  ),
  "users.behaviors.subscriptiongroup.StateChange": {
    stored: `${common} app_id channel channel_identifier dispatch_id email_address phone_number send_id state_change_source subscription_group_id subscription_status`,
    properties: `${common} app_id channel channel_identifier dispatch_id email_address send_id state_change_source subscription_group_id subscription_status`
  },
  "users.messages.contentcard.Click": {
    stored: `${ad} ${common} app_id content_card_id device_model dispatch_id os_version platform send_id`,
    properties: `${ad} ${common} app_id card_id device_model dispatch_id os_version platform send_id`,
    made: { card_id: "content_card_id" }
  },
  "users.messages.email.Deferral": {
    stored: `${common} attempt_count canvas_step_message_variation_id deferral_reason dispatch_id email_address esp from_domain ip_pool recipient_domain send_id sending_ip`,
    properties: `${common} attempt_count deferral_reason dispatch_id email_address esp from_domain ip_pool recipient_domain send_id`
  },
  "users.messages.email.MarkAsSpam": same(
    `${common} dispatch_id email_address esp from_domain ip_pool send_id user_agent`
  ),
  "users.messages.pushnotification.Bounce": same(
    `${ad} ${common} app_id dispatch_id platform push_token send_id`
  ),
  "users.messages.pushnotification.Open": {
    stored: `${ad} ${common} app_id canvas_step_message_variation_id device_model dispatch_id os_version platform send_id`,
    properties: `${ad} ${common} app_id device_model dispatch_id os_version platform send_id`
  },
  "users.messages.rcs.Abort": {
    stored: `${common} abort_log abort_type canvas_step_message_variation_id subscription_group_id`,
    properties: `${common} abort_log abort_type subscription_group_id`
  },
  "users.messages.sms.InboundReceive": same(
    `${common} action inbound_phone_number media_urls message_body subscription_group_id user_phone_number`
  ),
  "users.messages.sms.Rejection": same(
    `${common} dispatch_id error from_phone_number is_sms_fallback provider_error_code send_id subscription_group_id to_phone_number`
  )
}
