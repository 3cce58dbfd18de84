// Written by tools/generate-events-braze.ts from catalogue/events.json. Do not edit.

/** The campaign that an event is of. */
export interface Campaign {
  readonly campaign_id?: string | null
  readonly campaign_name?: string | null
}

/** The variation of a message. */
export interface Variation {
  readonly message_variation_id?: string | null
  readonly message_variation_name?: string | null
}

/** The canvas that an event is of, and its variation. */
export interface Canvas {
  readonly canvas_id?: string | null
  readonly canvas_name?: string | null
  readonly canvas_variation_id?: string | null
  readonly canvas_variation_name?: string | null
}

/** The step of a canvas. */
export interface CanvasStep {
  readonly canvas_step_id?: string | null
  readonly canvas_step_name?: string | null
}

/** What a message was sent with. */
export interface Dispatch {
  readonly dispatch_id?: string | null
  readonly send_id?: string | null
}

/** The app that an event happened in, and the device it runs on. */
export interface App {
  readonly app_id?: string | null
  readonly platform?: string | null
  readonly os_version?: string | null
  readonly device_model?: string | null
}

/** The advertising id of a device. */
export interface Advertising {
  readonly ad_id?: string | null
  readonly ad_id_type?: string | null
  readonly ad_tracking_enabled?: boolean | null
}

/** What the user's profile says. */
export interface Profile {
  readonly gender?: string | null
  readonly country?: string | null
  readonly language?: string | null
}

/** Why a message was not sent. */
export interface Abort {
  readonly abort_type?: string | null
  readonly abort_log?: string | null
}

/** `agentconsole.AgentExecuted`: Agent Console Agent Executed */
export interface AgentconsoleAgentExecuted extends Canvas, CanvasStep {
  readonly invocation_id?: string | null
  readonly request_id?: string | null
  readonly duration?: number | null
  readonly prompt_tokens?: number | null
  readonly completion_tokens?: number | null
  readonly total_tokens?: number | null
  readonly cache_tokens?: number | null
  readonly reasoning_tokens?: number | null
  readonly agent_id?: string | null
  readonly agent_name?: string | null
  readonly model_provider?: string | null
  readonly model_name?: string | null
  readonly provider_request_id?: string | null
  readonly cache_hit?: boolean | null
  readonly llm_owned_by_customer?: boolean | null
  readonly is_error?: boolean | null
  readonly input?: string | null
  readonly output?: string | null
  readonly invocation_source?: string | null
  readonly error?: string | null
}

/** `agentconsole.ToolInvocation`: Agent Console Tool Invocation */
export interface AgentconsoleToolInvocation {
  readonly tool_call_id?: string | null
  readonly duration?: number | null
  readonly agent_id?: string | null
  readonly agent_name?: string | null
  readonly is_error?: boolean | null
  readonly tool_name?: string | null
  readonly tool_arguments?: string | null
  readonly invocation_source?: string | null
  readonly request_id?: string | null
}

/** `users.RandomBucketNumberUpdate`: Random Bucket Number Update */
export interface RandomBucketNumberUpdate {
  readonly app_group_id?: string | null
  readonly random_bucket_number?: number | null
  readonly prev_random_bucket_number?: number | null
}

/** `users.UserDeleteRequest`: User Delete Request */
export interface UserDeleteRequest {
  readonly app_group_id?: string | null
}

/** `users.UserOrphan`: User Orphan */
export interface UserOrphan {
  readonly app_group_id?: string | null
  readonly app_id?: string | null
  readonly orphaned_by_id?: string | null
}

/** `users.behaviors.CustomEvent`: Custom Event */
export interface BehaviorsCustomEvent extends App, Advertising {
  readonly name?: string | null
  readonly properties?: string | null
  readonly app_group_id?: string | null
  readonly custom_properties?: { readonly [name: string]: unknown } | null
}

/** `users.behaviors.InstallAttribution`: Install Attribution */
export interface BehaviorsInstallAttribution {
  readonly source?: string | null
  readonly app_group_id?: string | null
}

/** `users.behaviors.Location`: Location */
export interface BehaviorsLocation extends App, Advertising {
  readonly latitude?: number | null
  readonly longitude?: number | null
  readonly altitude?: number | null
  readonly ll_accuracy?: number | null
  readonly alt_accuracy?: number | null
  readonly app_group_id?: string | null
}

/** `users.behaviors.Purchase`: Purchase */
export interface BehaviorsPurchase extends App, Advertising {
  readonly product_id?: string | null
  readonly price?: number | null
  readonly currency?: string | null
  readonly properties?: string | null
  readonly app_group_id?: string | null
  readonly purchase_properties?: { readonly [name: string]: unknown } | null
}

/** `users.behaviors.Uninstall`: Uninstall */
export interface BehaviorsUninstall {
  readonly app_id?: string | null
  readonly app_group_id?: string | null
}

/** `users.behaviors.UpgradedApp`: Upgraded App (retired) */
export interface BehaviorsUpgradedApp extends App {
  readonly app_group_id?: string | null
  readonly app_group_api_id?: string | null
  readonly app_api_id?: string | null
  readonly sdk_version?: string | null
  readonly old_app_version?: string | null
  readonly new_app_version?: string | null
}

/** `users.behaviors.app.FirstSession`: First Session */
export interface BehaviorsAppFirstSession extends App {
  readonly session_id?: string | null
  /** @deprecated by Braze */
  readonly gender?: string | null
  /** @deprecated by Braze */
  readonly country?: string | null
  /** @deprecated by Braze */
  readonly language?: string | null
  /** @deprecated by Braze */
  readonly sdk_version?: string | null
  readonly app_group_id?: string | null
}

/** `users.behaviors.app.NewsFeedImpression`: News Feed Impression (retired) */
export interface BehaviorsAppNewsFeedImpression extends App {
}

/** `users.behaviors.app.SessionEnd`: Session End */
export interface BehaviorsAppSessionEnd extends App {
  readonly duration?: number | null
  readonly session_id?: string | null
  readonly app_group_id?: string | null
}

/** `users.behaviors.app.SessionStart`: Session Start */
export interface BehaviorsAppSessionStart extends App {
  readonly session_id?: string | null
  readonly app_group_id?: string | null
}

/** `users.behaviors.liveactivity.PushToStartTokenChange`: Live Activity Push To Start Token Change */
export interface BehaviorsLiveactivityPushToStartTokenChange {
  readonly activity_attributes_type?: string | null
  readonly push_to_start_token?: string | null
  readonly sdk_version?: string | null
  readonly ios_push_token_apns_gateway?: number | null
  readonly push_token_state_change_type?: string | null
  readonly app_group_id?: string | null
  readonly app_id?: string | null
}

/** `users.behaviors.liveactivity.UpdateTokenChange`: Live Activity Update Token Change */
export interface BehaviorsLiveactivityUpdateTokenChange {
  readonly activity_id?: string | null
  readonly update_token?: string | null
  readonly sdk_version?: string | null
  readonly ios_push_token_apns_gateway?: number | null
  readonly push_token_state_change_type?: string | null
  readonly app_group_id?: string | null
  readonly app_id?: string | null
}

/** `users.behaviors.pushnotification.TokenStateChange`: Push Notification Token State Change */
export interface BehaviorsPushnotificationTokenStateChange {
  readonly app_id?: string | null
  readonly time_ms?: number | null
  readonly platform?: string | null
  readonly push_token?: string | null
  readonly sdk_version?: string | null
  readonly app_group_id?: string | null
  readonly push_token_device_id?: string | null
  readonly push_token_created_at?: number | null
  readonly push_token_updated_at?: number | null
  readonly web_push_token_user_auth?: string | null
  readonly web_push_token_public_key?: string | null
  readonly ios_push_token_apns_gateway?: number | null
  readonly push_token_state_change_type?: string | null
  readonly web_push_token_vapid_public_key?: string | null
  readonly push_token_provisionally_opted_in?: boolean | null
  readonly push_token_foreground_push_disabled?: boolean | null
}

/** `users.behaviors.subscription.GlobalStateChange`: Global Subscription State Change */
export interface BehaviorsSubscriptionGlobalStateChange extends Campaign, Variation, Canvas, CanvasStep {
  readonly email_address?: string | null
  readonly state_change_source?: string | null
  readonly subscription_status?: string | null
  readonly channel?: string | null
  readonly app_group_id?: string | null
  readonly app_id?: string | null
  readonly send_id?: string | null
  readonly channel_identifier?: string | null
}

/** `users.behaviors.subscriptiongroup.StateChange`: Subscription Group State Change */
export interface BehaviorsSubscriptiongroupStateChange extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly email_address?: string | null
  readonly phone_number?: string | null
  readonly app_id?: string | null
  readonly subscription_group_id?: string | null
  readonly subscription_status?: string | null
  readonly channel?: string | null
  readonly state_change_source?: string | null
  readonly app_group_id?: string | null
  readonly channel_identifier?: string | null
}

/** `users.campaigns.Abort`: Campaign Abort (retired) */
export interface CampaignsAbort extends Campaign, Variation, Dispatch, Abort {
  readonly app_group_id?: string | null
  readonly canvas_id?: string | null
}

/** `users.campaigns.Conversion`: Campaign Conversion */
export interface CampaignsConversion extends Campaign, Variation, Dispatch {
  readonly app_id?: string | null
  readonly conversion_behavior_index?: number | null
  readonly conversion_behavior?: string | null
  readonly app_group_id?: string | null
}

/** `users.campaigns.EnrollInControl`: Campaign Control Group Enrollment */
export interface CampaignsEnrollInControl extends Campaign, Variation, Dispatch {
  readonly app_id?: string | null
  readonly app_group_id?: string | null
}

/** `users.campaigns.UniqueReceipt`: Campaign Unique Receipt (preview) */
export interface CampaignsUniqueReceipt extends Campaign, Variation, Dispatch, Profile {
  readonly app_group_id?: string | null
  readonly app_id?: string | null
}

/** `users.canvas.Abort`: Canvas Abort (retired) */
export interface CanvasAbort extends Canvas, CanvasStep, Abort {
  readonly app_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
}

/** `users.canvas.Conversion`: Canvas Conversion */
export interface CanvasConversion extends Canvas, CanvasStep {
  readonly app_id?: string | null
  readonly conversion_behavior_index?: number | null
  readonly conversion_behavior?: string | null
  readonly app_group_id?: string | null
}

/** `users.canvas.Entry`: Canvas Entry */
export interface CanvasEntry extends Canvas, CanvasStep {
  readonly in_control_group?: boolean | null
  readonly app_group_id?: string | null
}

/** `users.canvas.costep.Conversion`: Content Optimizer Step Conversion (preview) */
export interface CanvasCostepConversion {
  readonly app_group_id?: string | null
  readonly dispatch_id?: string | null
  readonly channel?: string | null
  readonly conversion_type?: string | null
  readonly combination_token?: string | null
}

/** `users.canvas.costep.Send`: Content Optimizer Step Send */
export interface CanvasCostepSend {
  readonly app_group_id?: string | null
  readonly dispatch_id?: string | null
  readonly channel?: string | null
  readonly canvas_variation_id?: string | null
  readonly content_optimizer_step_id?: string | null
  readonly combination_token?: string | null
}

/** `users.canvas.exit.MatchedAudience`: Exit Match Audience */
export interface CanvasExitMatchedAudience extends Canvas, CanvasStep {
  readonly app_group_id?: string | null
  /** @deprecated by Braze */
  readonly app_group_api_id?: string | null
  /** @deprecated by Braze */
  readonly canvas_api_id?: string | null
  /** @deprecated by Braze */
  readonly canvas_variation_api_id?: string | null
  /** @deprecated by Braze */
  readonly canvas_step_api_id?: string | null
}

/** `users.canvas.exit.PerformedEvent`: Exit Perform Event */
export interface CanvasExitPerformedEvent extends Canvas, CanvasStep {
  readonly app_group_id?: string | null
  /** @deprecated by Braze */
  readonly app_group_api_id?: string | null
  /** @deprecated by Braze */
  readonly canvas_api_id?: string | null
  /** @deprecated by Braze */
  readonly canvas_variation_api_id?: string | null
  /** @deprecated by Braze */
  readonly canvas_step_api_id?: string | null
}

/** `users.canvas.experimentstep.Conversion`: Experiment Step Conversion */
export interface CanvasExperimentstepConversion extends Canvas, CanvasStep {
  readonly app_id?: string | null
  readonly experiment_step_id?: string | null
  readonly experiment_split_id?: string | null
  readonly experiment_split_name?: string | null
  readonly conversion_behavior_index?: number | null
  readonly conversion_behavior?: string | null
}

/** `users.canvas.experimentstep.SplitEntry`: Experiment Split Entry */
export interface CanvasExperimentstepSplitEntry extends Canvas, CanvasStep {
  readonly experiment_step_id?: string | null
  readonly experiment_split_id?: string | null
  readonly experiment_split_name?: string | null
  readonly in_control_group?: boolean | null
}

/** `users.canvas.sendtodestination.NotSent`: Send To Destination Not Sent (preview) */
export interface CanvasSendtodestinationNotSent extends Canvas, CanvasStep {
  readonly app_group_id?: string | null
  readonly canvas_step_type?: string | null
  readonly destination_type?: string | null
  readonly destination_api_id?: string | null
  readonly destination_name?: string | null
  readonly reason?: string | null
}

/** `users.canvas.sendtodestination.Sent`: Send To Destination Sent (preview) */
export interface CanvasSendtodestinationSent extends Canvas, CanvasStep {
  readonly app_group_id?: string | null
  readonly canvas_step_type?: string | null
  readonly destination_type?: string | null
  readonly destination_api_id?: string | null
  readonly destination_name?: string | null
  readonly destination_variation_name?: string | null
  readonly destination_variant_type?: string | null
}

/** `users.canvasstep.Progression`: Canvas Step Progression */
export interface CanvasstepProgression extends Canvas, CanvasStep {
  readonly app_group_id?: string | null
  readonly progression_type?: string | null
  readonly is_canvas_entry?: boolean | null
  readonly exit_reason?: string | null
  readonly canvas_entry_id?: string | null
  readonly next_step_id?: string | null
}

/** `users.messages.banner.Abort`: Banner Abort */
export interface MessagesBannerAbort extends Campaign, Variation, Canvas, CanvasStep, App, Advertising, Profile, Abort {
  readonly app_group_id?: string | null
  readonly sdk_version?: string | null
  readonly resolution?: string | null
  readonly carrier?: string | null
  readonly browser?: string | null
  readonly banner_placement_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly canvas_step_message_variation_api_id?: string | null
}

/** `users.messages.banner.Click`: Banner Click */
export interface MessagesBannerClick extends Campaign, Variation, Canvas, CanvasStep, App, Advertising, Profile {
  readonly app_group_id?: string | null
  readonly sdk_version?: string | null
  readonly resolution?: string | null
  readonly carrier?: string | null
  readonly browser?: string | null
  readonly button_id?: string | null
  readonly banner_placement_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly canvas_step_message_variation_api_id?: string | null
}

/** `users.messages.banner.Dismiss`: Banner Dismiss */
export interface MessagesBannerDismiss extends Campaign, Variation, Canvas, CanvasStep, App, Advertising, Profile {
  readonly app_group_id?: string | null
  readonly sdk_version?: string | null
  readonly resolution?: string | null
  readonly carrier?: string | null
  readonly browser?: string | null
  readonly button_id?: string | null
  readonly banner_placement_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly canvas_step_message_variation_api_id?: string | null
}

/** `users.messages.banner.Impression`: Banner Impression */
export interface MessagesBannerImpression extends Campaign, Variation, Canvas, CanvasStep, App, Advertising, Profile {
  readonly app_group_id?: string | null
  readonly sdk_version?: string | null
  readonly resolution?: string | null
  readonly carrier?: string | null
  readonly browser?: string | null
  readonly banner_placement_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly canvas_step_message_variation_api_id?: string | null
}

/** `users.messages.contentcard.Abort`: Content Card Abort */
export interface MessagesContentcardAbort extends Campaign, Variation, Canvas, CanvasStep, Dispatch, Abort {
  readonly app_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
}

/** `users.messages.contentcard.Click`: Content Card Click */
export interface MessagesContentcardClick extends Campaign, Variation, Canvas, CanvasStep, Dispatch, App, Advertising {
  readonly content_card_id?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.contentcard.Dismiss`: Content Card Dismiss */
export interface MessagesContentcardDismiss extends Campaign, Variation, Canvas, CanvasStep, Dispatch, App, Advertising {
  readonly content_card_id?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.contentcard.Impression`: Content Card Impression */
export interface MessagesContentcardImpression extends Campaign, Variation, Canvas, CanvasStep, Dispatch, App, Advertising {
  readonly content_card_id?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.contentcard.Send`: Content Card Send */
export interface MessagesContentcardSend extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly content_card_id?: string | null
  readonly message_extras?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.email.Abort`: Email Abort */
export interface MessagesEmailAbort extends Campaign, Variation, Canvas, CanvasStep, Dispatch, Abort {
  readonly app_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly email_address?: string | null
  readonly ip_pool?: string | null
}

/** `users.messages.email.Bounce`: Email Bounce */
export interface MessagesEmailBounce extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly email_address?: string | null
  readonly sending_ip?: string | null
  readonly ip_pool?: string | null
  readonly bounce_reason?: string | null
  readonly esp?: string | null
  readonly from_domain?: string | null
  readonly is_drop?: boolean | null
  readonly app_group_id?: string | null
}

/** `users.messages.email.Click`: Email Click */
export interface MessagesEmailClick extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly email_address?: string | null
  readonly url?: string | null
  readonly user_agent?: string | null
  readonly ip_pool?: string | null
  readonly link_id?: string | null
  readonly link_alias?: string | null
  readonly esp?: string | null
  readonly from_domain?: string | null
  readonly is_amp?: boolean | null
  readonly app_group_id?: string | null
  readonly device_class?: string | null
  readonly device_os?: string | null
  readonly device_model?: string | null
  readonly browser?: string | null
  readonly mailbox_provider?: string | null
  readonly is_suspected_bot_click?: boolean | null
  readonly suspected_bot_click_reason?: ReadonlyArray<string | null> | null
}

/** `users.messages.email.Deferral`: Email Deferral */
export interface MessagesEmailDeferral extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly app_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly email_address?: string | null
  readonly recipient_domain?: string | null
  readonly esp?: string | null
  readonly from_domain?: string | null
  readonly ip_pool?: string | null
  readonly sending_ip?: string | null
  readonly deferral_reason?: string | null
  readonly attempt_count?: number | null
}

/** `users.messages.email.Delivery`: Email Delivery */
export interface MessagesEmailDelivery extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly email_address?: string | null
  readonly sending_ip?: string | null
  readonly ip_pool?: string | null
  readonly esp?: string | null
  readonly from_domain?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.email.MarkAsSpam`: Email Mark As Spam */
export interface MessagesEmailMarkAsSpam extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly email_address?: string | null
  readonly user_agent?: string | null
  readonly ip_pool?: string | null
  readonly esp?: string | null
  readonly from_domain?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.email.Open`: Email Open */
export interface MessagesEmailOpen extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly email_address?: string | null
  readonly user_agent?: string | null
  readonly ip_pool?: string | null
  readonly machine_open?: string | null
  readonly esp?: string | null
  readonly from_domain?: string | null
  readonly is_amp?: boolean | null
  readonly app_group_id?: string | null
  readonly device_class?: string | null
  readonly device_os?: string | null
  readonly device_model?: string | null
  readonly browser?: string | null
  readonly mailbox_provider?: string | null
}

/** `users.messages.email.Retry`: Email Retry */
export interface MessagesEmailRetry extends Campaign, Variation, Canvas, CanvasStep, Dispatch, Profile {
  readonly app_group_id?: string | null
  readonly retry_type?: string | null
  readonly retry_log?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly email_address?: string | null
  readonly ip_pool?: string | null
}

/** `users.messages.email.Send`: Email Send */
export interface MessagesEmailSend extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly email_address?: string | null
  readonly ip_pool?: string | null
  readonly message_extras?: string | null
  readonly app_group_id?: string | null
  readonly from_domain?: string | null
}

/** `users.messages.email.SoftBounce`: Email Soft Bounce */
export interface MessagesEmailSoftBounce extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly email_address?: string | null
  readonly sending_ip?: string | null
  readonly ip_pool?: string | null
  readonly bounce_reason?: string | null
  readonly esp?: string | null
  readonly from_domain?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.email.Unsubscribe`: Email Unsubscribe */
export interface MessagesEmailUnsubscribe extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly email_address?: string | null
  readonly ip_pool?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.featureflag.Impression`: Feature Flag Experiment Impression */
export interface MessagesFeatureflagImpression extends Campaign, Variation, Canvas, CanvasStep, App, Profile {
  readonly app_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly feature_flag_id_name?: string | null
  readonly browser?: string | null
  readonly carrier?: string | null
  readonly resolution?: string | null
  readonly sdk_version?: string | null
}

/** `users.messages.inappmessage.Abort`: In-App Message Abort */
export interface MessagesInappmessageAbort extends Campaign, Variation, Canvas, CanvasStep, Dispatch, App, Advertising, Abort {
  readonly app_group_id?: string | null
  readonly browser?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly card_id?: string | null
  readonly carrier?: string | null
  readonly resolution?: string | null
  readonly version?: string | null
}

/** `users.messages.inappmessage.Click`: In-App Message Click */
export interface MessagesInappmessageClick extends Campaign, Variation, Canvas, CanvasStep, Dispatch, App, Advertising {
  readonly card_id?: string | null
  readonly button_id?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.inappmessage.Impression`: In-App Message Impression */
export interface MessagesInappmessageImpression extends Campaign, Variation, Canvas, CanvasStep, Dispatch, App, Advertising {
  readonly card_id?: string | null
  readonly app_group_id?: string | null
  readonly message_extras?: string | null
  readonly locale_key?: string | null
}

/** `users.messages.line.Abort`: LINE Abort */
export interface MessagesLineAbort extends Campaign, CanvasStep, Dispatch, Abort {
  readonly app_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly line_channel_id?: string | null
  readonly line_channel_name?: string | null
  readonly message_variation_id?: string | null
  readonly native_line_id?: string | null
  readonly subscription_group_id?: string | null
  readonly canvas_variation_id?: string | null
  readonly canvas_id?: string | null
}

/** `users.messages.line.Click`: LINE Click */
export interface MessagesLineClick extends Campaign, CanvasStep, Dispatch {
  readonly app_group_id?: string | null
  readonly native_line_id?: string | null
  readonly line_channel_id?: string | null
  readonly line_channel_name?: string | null
  readonly subscription_group_id?: string | null
  readonly message_variation_id?: string | null
  readonly canvas_id?: string | null
  readonly canvas_variation_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly is_suspected_bot_click?: boolean | null
  readonly short_url?: string | null
  readonly url?: string | null
  readonly user_agent?: string | null
}

/** `users.messages.line.InboundReceive`: LINE Inbound Receive */
export interface MessagesLineInboundReceive extends Campaign, CanvasStep, Dispatch {
  readonly app_group_id?: string | null
  readonly canvas_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly canvas_variation_id?: string | null
  readonly line_channel_id?: string | null
  readonly line_channel_name?: string | null
  readonly media_id?: string | null
  readonly message_body?: string | null
  readonly message_variation_id?: string | null
  readonly native_line_id?: string | null
  readonly subscription_group_id?: string | null
}

/** `users.messages.line.Retry`: LINE Retry */
export interface MessagesLineRetry extends Campaign, CanvasStep, Dispatch {
  readonly app_group_id?: string | null
  readonly retry_log?: string | null
  readonly retry_type?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly line_channel_id?: string | null
  readonly line_channel_name?: string | null
  readonly message_variation_id?: string | null
  readonly native_line_id?: string | null
  readonly subscription_group_id?: string | null
  readonly canvas_variation_id?: string | null
  readonly canvas_id?: string | null
}

/** `users.messages.line.Send`: LINE Send */
export interface MessagesLineSend extends Campaign, CanvasStep, Dispatch {
  readonly app_group_id?: string | null
  readonly canvas_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly canvas_variation_id?: string | null
  readonly line_channel_id?: string | null
  readonly line_channel_name?: string | null
  readonly message_extras?: string | null
  readonly message_variation_id?: string | null
  readonly native_line_id?: string | null
  readonly subscription_group_id?: string | null
}

/** `users.messages.liveactivity.Outcome`: Live Activity Outcome */
export interface MessagesLiveactivityOutcome {
  readonly activity_id?: string | null
  readonly activity_attributes_type?: string | null
  readonly push_to_start_token?: string | null
  readonly update_token?: string | null
  readonly live_activity_event_type?: string | null
  readonly live_activity_event_outcome?: string | null
  readonly app_group_id?: string | null
  readonly app_id?: string | null
}

/** `users.messages.liveactivity.Send`: Live Activity Send */
export interface MessagesLiveactivitySend {
  readonly activity_id?: string | null
  readonly activity_attributes_type?: string | null
  readonly push_to_start_token?: string | null
  readonly update_token?: string | null
  readonly live_activity_event_type?: string | null
  readonly app_group_id?: string | null
  readonly app_id?: string | null
}

/** `users.messages.newsfeedcard.Abort`: News Feed Card Abort (retired) */
export interface MessagesNewsfeedcardAbort extends App, Abort {
  readonly app_group_id?: string | null
  readonly browser?: string | null
  readonly campaign_name?: string | null
  readonly canvas_name?: string | null
  readonly canvas_step_name?: string | null
  readonly canvas_variation_name?: string | null
  readonly card_id?: string | null
  readonly carrier?: string | null
  readonly message_variation_name?: string | null
  readonly resolution?: string | null
}

/** `users.messages.newsfeedcard.Click`: News Feed Card Click (retired) */
export interface MessagesNewsfeedcardClick extends App {
  readonly card_id?: string | null
}

/** `users.messages.newsfeedcard.Impression`: News Feed Card Impression (retired) */
export interface MessagesNewsfeedcardImpression extends App {
  readonly card_id?: string | null
}

/** `users.messages.pushnotification.Abort`: Push Notification Abort */
export interface MessagesPushnotificationAbort extends Campaign, Variation, Canvas, CanvasStep, Dispatch, Abort {
  readonly app_group_id?: string | null
  readonly app_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly platform?: string | null
}

/** `users.messages.pushnotification.Bounce`: Push Notification Bounce */
export interface MessagesPushnotificationBounce extends Campaign, Variation, Canvas, CanvasStep, Dispatch, Advertising {
  readonly app_id?: string | null
  readonly platform?: string | null
  readonly push_token?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.pushnotification.InfluencedOpen`: Push Notification Influenced Open (retired) */
export interface MessagesPushnotificationInfluencedOpen extends Dispatch, App, Profile {
  readonly app_group_id?: string | null
  readonly app_group_api_id?: string | null
  readonly app_api_id?: string | null
  readonly campaign_id?: string | null
  readonly message_variation_id?: string | null
  readonly campaign_api_id?: string | null
  readonly message_variation_api_id?: string | null
  readonly canvas_id?: string | null
  readonly canvas_variation_id?: string | null
  readonly canvas_step_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly canvas_api_id?: string | null
  readonly canvas_variation_api_id?: string | null
  readonly canvas_step_api_id?: string | null
  readonly canvas_step_message_variation_api_id?: string | null
  readonly string_custom_attributes?: ReadonlyArray<string | null> | null
  readonly boolean_custom_attributes?: ReadonlyArray<boolean | null> | null
  readonly time_custom_attributes?: ReadonlyArray<number | null> | null
  readonly float_custom_attributes?: ReadonlyArray<number | null> | null
  readonly number_custom_attributes?: ReadonlyArray<number | null> | null
  readonly sdk_version?: string | null
  readonly resolution?: string | null
  readonly carrier?: string | null
  readonly browser?: string | null
}

/** `users.messages.pushnotification.IosForeground`: Push Notification iOS Foreground Open (deprecated) */
export interface MessagesPushnotificationIosForeground extends Campaign, Variation, Canvas, CanvasStep, Dispatch, App, Advertising {
  readonly app_group_id?: string | null
}

/** `users.messages.pushnotification.Open`: Push Notification Open */
export interface MessagesPushnotificationOpen extends Campaign, Variation, Canvas, CanvasStep, Dispatch, App, Advertising {
  readonly canvas_step_message_variation_id?: string | null
  readonly button_action_type?: string | null
  readonly button_string?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.pushnotification.Retry`: Push Notification Retry */
export interface MessagesPushnotificationRetry extends Campaign, Variation, Canvas, CanvasStep, Dispatch, Profile {
  readonly app_group_id?: string | null
  readonly app_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly platform?: string | null
  readonly retry_type?: string | null
  readonly retry_log?: string | null
}

/** `users.messages.pushnotification.Send`: Push Notification Send */
export interface MessagesPushnotificationSend extends Campaign, Variation, Canvas, CanvasStep, Dispatch, Advertising {
  readonly app_id?: string | null
  readonly platform?: string | null
  readonly message_extras?: string | null
  readonly push_token?: string | null
  readonly app_group_id?: string | null
  readonly locale_key?: string | null
}

/** `users.messages.rcs.Abort`: RCS Abort */
export interface MessagesRcsAbort extends Campaign, Variation, Canvas, CanvasStep, Abort {
  readonly app_group_id?: string | null
  readonly subscription_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
}

/** `users.messages.rcs.Click`: RCS Click */
export interface MessagesRcsClick extends Campaign, Variation, Canvas, CanvasStep {
  readonly app_group_id?: string | null
  readonly is_suspected_bot_click?: boolean | null
  readonly send_id?: string | null
  readonly short_url?: string | null
  readonly suspected_bot_click_reason?: ReadonlyArray<string | null> | null
  readonly user_agent?: string | null
  readonly user_phone_number?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly interaction_type?: string | null
  readonly element_label?: string | null
  readonly element_type?: string | null
  readonly url?: string | null
  readonly subscription_group_id?: string | null
}

/** `users.messages.rcs.Delivery`: RCS Delivery */
export interface MessagesRcsDelivery extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly app_group_id?: string | null
  readonly subscription_group_id?: string | null
  readonly to_phone_number?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly from_rcs_sender?: string | null
}

/** `users.messages.rcs.InboundReceive`: RCS Inbound Received */
export interface MessagesRcsInboundReceive extends Campaign, Variation, Canvas, CanvasStep {
  readonly app_group_id?: string | null
  readonly action?: string | null
  readonly media_urls?: ReadonlyArray<string | null> | null
  readonly send_id?: string | null
  readonly user_phone_number?: string | null
  readonly subscription_group_id?: string | null
  readonly message_body?: string | null
  readonly to_rcs_sender?: string | null
  readonly canvas_step_message_variation_id?: string | null
}

/** `users.messages.rcs.Read`: RCS Read */
export interface MessagesRcsRead extends Campaign, Variation, Canvas, CanvasStep {
  readonly app_group_id?: string | null
  readonly to_phone_number?: string | null
  readonly canvas_step_message_variation_id?: string | null
}

/** `users.messages.rcs.Rejection`: RCS Rejection */
export interface MessagesRcsRejection extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly app_group_id?: string | null
  readonly error?: string | null
  readonly from_rcs_sender?: string | null
  readonly is_sms_fallback?: boolean | null
  readonly provider_error_code?: string | null
  readonly subscription_group_id?: string | null
  readonly to_phone_number?: string | null
  readonly canvas_step_message_variation_id?: string | null
}

/** `users.messages.rcs.Send`: RCS Send */
export interface MessagesRcsSend extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly app_group_id?: string | null
  readonly category?: string | null
  readonly from_rcs_sender?: string | null
  readonly message_extras?: string | null
  readonly subscription_group_id?: string | null
  readonly to_phone_number?: string | null
  readonly canvas_step_message_variation_id?: string | null
}

/** `users.messages.sms.Abort`: SMS Abort */
export interface MessagesSmsAbort extends Campaign, Variation, Canvas, CanvasStep, Abort {
  readonly app_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly subscription_group_id?: string | null
}

/** `users.messages.sms.CarrierSend`: SMS Carrier Send (deprecated) */
export interface MessagesSmsCarrierSend extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly to_phone_number?: string | null
  readonly subscription_group_id?: string | null
  readonly from_phone_number?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.sms.Delivery`: SMS Delivery */
export interface MessagesSmsDelivery extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly to_phone_number?: string | null
  readonly subscription_group_id?: string | null
  readonly from_phone_number?: string | null
  readonly app_group_id?: string | null
  readonly is_sms_fallback?: boolean | null
}

/** `users.messages.sms.DeliveryFailure`: SMS Delivery Failure */
export interface MessagesSmsDeliveryFailure extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly to_phone_number?: string | null
  readonly subscription_group_id?: string | null
  readonly error?: string | null
  readonly provider_error_code?: string | null
  readonly app_group_id?: string | null
  readonly is_sms_fallback?: boolean | null
}

/** `users.messages.sms.InboundReceive`: SMS Inbound Received */
export interface MessagesSmsInboundReceive extends Campaign, Variation, Canvas, CanvasStep {
  readonly app_group_id?: string | null
  readonly user_phone_number?: string | null
  readonly subscription_group_id?: string | null
  readonly inbound_phone_number?: string | null
  readonly action?: string | null
  readonly message_body?: string | null
  readonly media_urls?: ReadonlyArray<string | null> | null
}

/** `users.messages.sms.Rejection`: SMS Rejection */
export interface MessagesSmsRejection extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly to_phone_number?: string | null
  readonly subscription_group_id?: string | null
  readonly from_phone_number?: string | null
  readonly error?: string | null
  readonly provider_error_code?: string | null
  readonly app_group_id?: string | null
  readonly is_sms_fallback?: boolean | null
}

/** `users.messages.sms.Retry`: SMS Retry */
export interface MessagesSmsRetry extends Campaign, Variation, Canvas, CanvasStep {
  readonly app_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly subscription_group_id?: string | null
  readonly retry_type?: string | null
  readonly retry_log?: string | null
}

/** `users.messages.sms.Send`: SMS Send */
export interface MessagesSmsSend extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly to_phone_number?: string | null
  readonly subscription_group_id?: string | null
  readonly category?: string | null
  readonly message_extras?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.sms.ShortLinkClick`: SMS Short Link Click */
export interface MessagesSmsShortLinkClick extends Campaign, Variation, Canvas, CanvasStep {
  readonly app_group_id?: string | null
  readonly url?: string | null
  readonly short_url?: string | null
  readonly user_agent?: string | null
  readonly user_phone_number?: string | null
  readonly is_suspected_bot_click?: boolean | null
  readonly suspected_bot_click_reason?: ReadonlyArray<string | null> | null
}

/** `users.messages.webhook.Abort`: Webhook Abort */
export interface MessagesWebhookAbort extends Campaign, Variation, Canvas, CanvasStep, Dispatch, Abort {
  readonly app_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
}

/** `users.messages.webhook.Failure`: Webhook Failure */
export interface MessagesWebhookFailure extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly http_status_code?: number | null
  readonly endpoint_url?: string | null
  readonly app_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly content_length?: number | null
  readonly host?: string | null
  readonly raw_response?: string | null
  readonly retry_count?: number | null
  readonly url_path?: string | null
  readonly webhook_duration?: number | null
  readonly webhook_failure_source?: string | null
  readonly is_terminal?: boolean | null
}

/** `users.messages.webhook.Retry`: Webhook Retry */
export interface MessagesWebhookRetry extends Campaign, Variation, Canvas, CanvasStep, Dispatch, Profile {
  readonly app_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly retry_type?: string | null
  readonly retry_log?: string | null
}

/** `users.messages.webhook.Send`: Webhook Send */
export interface MessagesWebhookSend extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly message_extras?: string | null
  readonly app_group_id?: string | null
}

/** `users.messages.whatsapp.Abort`: WhatsApp Abort */
export interface MessagesWhatsappAbort extends Campaign, Variation, Canvas, CanvasStep, Abort {
  readonly to_phone_number?: string | null
  readonly app_group_id?: string | null
  readonly subscription_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly dispatch_id?: string | null
  readonly bsuid?: string | null
}

/** `users.messages.whatsapp.Click`: WhatsApp Tracked Link Click */
export interface MessagesWhatsappClick extends Campaign, Variation, Canvas, CanvasStep {
  readonly app_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly url?: string | null
  readonly short_url?: string | null
  readonly user_agent?: string | null
  readonly user_phone_number?: string | null
}

/** `users.messages.whatsapp.Delivery`: WhatsApp Delivery */
export interface MessagesWhatsappDelivery extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly to_phone_number?: string | null
  readonly from_phone_number?: string | null
  readonly app_group_id?: string | null
  readonly subscription_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly flow_id?: string | null
  readonly template_name?: string | null
  readonly message_id?: string | null
  readonly bsuid?: string | null
}

/** `users.messages.whatsapp.Failure`: WhatsApp Failure */
export interface MessagesWhatsappFailure extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly to_phone_number?: string | null
  readonly from_phone_number?: string | null
  readonly app_group_id?: string | null
  readonly subscription_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly provider_error_code?: string | null
  readonly provider_error_title?: string | null
  readonly message_id?: string | null
  readonly template_name?: string | null
  readonly flow_id?: string | null
  readonly bsuid?: string | null
}

/** `users.messages.whatsapp.InboundReceive`: WhatsApp Inbound Received */
export interface MessagesWhatsappInboundReceive extends Campaign, Variation, Canvas, CanvasStep {
  readonly user_phone_number?: string | null
  readonly inbound_phone_number?: string | null
  readonly app_group_id?: string | null
  readonly subscription_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly message_body?: string | null
  readonly quick_reply_text?: string | null
  readonly media_urls?: ReadonlyArray<string | null> | null
  readonly action?: string | null
  readonly catalog_id?: string | null
  readonly product_id?: string | null
  readonly flow_id?: string | null
  readonly flow_response_json?: string | null
  readonly message_id?: string | null
  readonly in_reply_to?: string | null
  readonly bsuid?: string | null
}

/** `users.messages.whatsapp.Read`: WhatsApp Read */
export interface MessagesWhatsappRead extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly to_phone_number?: string | null
  readonly from_phone_number?: string | null
  readonly app_group_id?: string | null
  readonly subscription_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly template_name?: string | null
  readonly message_id?: string | null
  readonly flow_id?: string | null
  readonly bsuid?: string | null
}

/** `users.messages.whatsapp.Retry`: WhatsApp Retry */
export interface MessagesWhatsappRetry extends Campaign, Variation, Canvas, CanvasStep {
  readonly app_group_id?: string | null
  readonly to_phone_number?: string | null
  readonly subscription_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly dispatch_id?: string | null
  readonly retry_type?: string | null
  readonly retry_log?: string | null
  readonly bsuid?: string | null
}

/** `users.messages.whatsapp.Send`: WhatsApp Send */
export interface MessagesWhatsappSend extends Campaign, Variation, Canvas, CanvasStep, Dispatch {
  readonly to_phone_number?: string | null
  readonly from_phone_number?: string | null
  readonly app_group_id?: string | null
  readonly subscription_group_id?: string | null
  readonly canvas_step_message_variation_id?: string | null
  readonly message_extras?: string | null
  readonly flow_id?: string | null
  readonly template_name?: string | null
  readonly message_id?: string | null
  readonly bsuid?: string | null
}

/** `users.profile.Update`: Profile Update */
export interface ProfileUpdate extends Profile {
  readonly app_group_id?: string | null
  readonly time_ms?: number | null
  readonly app_id?: string | null
  readonly update_source?: string | null
  readonly archived?: boolean | null
  readonly first_name?: string | null
  readonly last_name?: string | null
  readonly email_address?: string | null
  readonly phone_number?: string | null
  readonly dob?: string | null
  readonly home_city?: string | null
  readonly custom_attributes?: string | null
}

/** Every event type and the properties that its events have. */
export interface Types {
  readonly "agentconsole.AgentExecuted": AgentconsoleAgentExecuted
  readonly "agentconsole.ToolInvocation": AgentconsoleToolInvocation
  readonly "users.RandomBucketNumberUpdate": RandomBucketNumberUpdate
  readonly "users.UserDeleteRequest": UserDeleteRequest
  readonly "users.UserOrphan": UserOrphan
  readonly "users.behaviors.CustomEvent": BehaviorsCustomEvent
  readonly "users.behaviors.InstallAttribution": BehaviorsInstallAttribution
  readonly "users.behaviors.Location": BehaviorsLocation
  readonly "users.behaviors.Purchase": BehaviorsPurchase
  readonly "users.behaviors.Uninstall": BehaviorsUninstall
  readonly "users.behaviors.UpgradedApp": BehaviorsUpgradedApp
  readonly "users.behaviors.app.FirstSession": BehaviorsAppFirstSession
  readonly "users.behaviors.app.NewsFeedImpression": BehaviorsAppNewsFeedImpression
  readonly "users.behaviors.app.SessionEnd": BehaviorsAppSessionEnd
  readonly "users.behaviors.app.SessionStart": BehaviorsAppSessionStart
  readonly "users.behaviors.liveactivity.PushToStartTokenChange": BehaviorsLiveactivityPushToStartTokenChange
  readonly "users.behaviors.liveactivity.UpdateTokenChange": BehaviorsLiveactivityUpdateTokenChange
  readonly "users.behaviors.pushnotification.TokenStateChange": BehaviorsPushnotificationTokenStateChange
  readonly "users.behaviors.subscription.GlobalStateChange": BehaviorsSubscriptionGlobalStateChange
  readonly "users.behaviors.subscriptiongroup.StateChange": BehaviorsSubscriptiongroupStateChange
  readonly "users.campaigns.Abort": CampaignsAbort
  readonly "users.campaigns.Conversion": CampaignsConversion
  readonly "users.campaigns.EnrollInControl": CampaignsEnrollInControl
  readonly "users.campaigns.UniqueReceipt": CampaignsUniqueReceipt
  readonly "users.canvas.Abort": CanvasAbort
  readonly "users.canvas.Conversion": CanvasConversion
  readonly "users.canvas.Entry": CanvasEntry
  readonly "users.canvas.costep.Conversion": CanvasCostepConversion
  readonly "users.canvas.costep.Send": CanvasCostepSend
  readonly "users.canvas.exit.MatchedAudience": CanvasExitMatchedAudience
  readonly "users.canvas.exit.PerformedEvent": CanvasExitPerformedEvent
  readonly "users.canvas.experimentstep.Conversion": CanvasExperimentstepConversion
  readonly "users.canvas.experimentstep.SplitEntry": CanvasExperimentstepSplitEntry
  readonly "users.canvas.sendtodestination.NotSent": CanvasSendtodestinationNotSent
  readonly "users.canvas.sendtodestination.Sent": CanvasSendtodestinationSent
  readonly "users.canvasstep.Progression": CanvasstepProgression
  readonly "users.messages.banner.Abort": MessagesBannerAbort
  readonly "users.messages.banner.Click": MessagesBannerClick
  readonly "users.messages.banner.Dismiss": MessagesBannerDismiss
  readonly "users.messages.banner.Impression": MessagesBannerImpression
  readonly "users.messages.contentcard.Abort": MessagesContentcardAbort
  readonly "users.messages.contentcard.Click": MessagesContentcardClick
  readonly "users.messages.contentcard.Dismiss": MessagesContentcardDismiss
  readonly "users.messages.contentcard.Impression": MessagesContentcardImpression
  readonly "users.messages.contentcard.Send": MessagesContentcardSend
  readonly "users.messages.email.Abort": MessagesEmailAbort
  readonly "users.messages.email.Bounce": MessagesEmailBounce
  readonly "users.messages.email.Click": MessagesEmailClick
  readonly "users.messages.email.Deferral": MessagesEmailDeferral
  readonly "users.messages.email.Delivery": MessagesEmailDelivery
  readonly "users.messages.email.MarkAsSpam": MessagesEmailMarkAsSpam
  readonly "users.messages.email.Open": MessagesEmailOpen
  readonly "users.messages.email.Retry": MessagesEmailRetry
  readonly "users.messages.email.Send": MessagesEmailSend
  readonly "users.messages.email.SoftBounce": MessagesEmailSoftBounce
  readonly "users.messages.email.Unsubscribe": MessagesEmailUnsubscribe
  readonly "users.messages.featureflag.Impression": MessagesFeatureflagImpression
  readonly "users.messages.inappmessage.Abort": MessagesInappmessageAbort
  readonly "users.messages.inappmessage.Click": MessagesInappmessageClick
  readonly "users.messages.inappmessage.Impression": MessagesInappmessageImpression
  readonly "users.messages.line.Abort": MessagesLineAbort
  readonly "users.messages.line.Click": MessagesLineClick
  readonly "users.messages.line.InboundReceive": MessagesLineInboundReceive
  readonly "users.messages.line.Retry": MessagesLineRetry
  readonly "users.messages.line.Send": MessagesLineSend
  readonly "users.messages.liveactivity.Outcome": MessagesLiveactivityOutcome
  readonly "users.messages.liveactivity.Send": MessagesLiveactivitySend
  readonly "users.messages.newsfeedcard.Abort": MessagesNewsfeedcardAbort
  readonly "users.messages.newsfeedcard.Click": MessagesNewsfeedcardClick
  readonly "users.messages.newsfeedcard.Impression": MessagesNewsfeedcardImpression
  readonly "users.messages.pushnotification.Abort": MessagesPushnotificationAbort
  readonly "users.messages.pushnotification.Bounce": MessagesPushnotificationBounce
  readonly "users.messages.pushnotification.InfluencedOpen": MessagesPushnotificationInfluencedOpen
  readonly "users.messages.pushnotification.IosForeground": MessagesPushnotificationIosForeground
  readonly "users.messages.pushnotification.Open": MessagesPushnotificationOpen
  readonly "users.messages.pushnotification.Retry": MessagesPushnotificationRetry
  readonly "users.messages.pushnotification.Send": MessagesPushnotificationSend
  readonly "users.messages.rcs.Abort": MessagesRcsAbort
  readonly "users.messages.rcs.Click": MessagesRcsClick
  readonly "users.messages.rcs.Delivery": MessagesRcsDelivery
  readonly "users.messages.rcs.InboundReceive": MessagesRcsInboundReceive
  readonly "users.messages.rcs.Read": MessagesRcsRead
  readonly "users.messages.rcs.Rejection": MessagesRcsRejection
  readonly "users.messages.rcs.Send": MessagesRcsSend
  readonly "users.messages.sms.Abort": MessagesSmsAbort
  readonly "users.messages.sms.CarrierSend": MessagesSmsCarrierSend
  readonly "users.messages.sms.Delivery": MessagesSmsDelivery
  readonly "users.messages.sms.DeliveryFailure": MessagesSmsDeliveryFailure
  readonly "users.messages.sms.InboundReceive": MessagesSmsInboundReceive
  readonly "users.messages.sms.Rejection": MessagesSmsRejection
  readonly "users.messages.sms.Retry": MessagesSmsRetry
  readonly "users.messages.sms.Send": MessagesSmsSend
  readonly "users.messages.sms.ShortLinkClick": MessagesSmsShortLinkClick
  readonly "users.messages.webhook.Abort": MessagesWebhookAbort
  readonly "users.messages.webhook.Failure": MessagesWebhookFailure
  readonly "users.messages.webhook.Retry": MessagesWebhookRetry
  readonly "users.messages.webhook.Send": MessagesWebhookSend
  readonly "users.messages.whatsapp.Abort": MessagesWhatsappAbort
  readonly "users.messages.whatsapp.Click": MessagesWhatsappClick
  readonly "users.messages.whatsapp.Delivery": MessagesWhatsappDelivery
  readonly "users.messages.whatsapp.Failure": MessagesWhatsappFailure
  readonly "users.messages.whatsapp.InboundReceive": MessagesWhatsappInboundReceive
  readonly "users.messages.whatsapp.Read": MessagesWhatsappRead
  readonly "users.messages.whatsapp.Retry": MessagesWhatsappRetry
  readonly "users.messages.whatsapp.Send": MessagesWhatsappSend
  readonly "users.profile.Update": ProfileUpdate
}
