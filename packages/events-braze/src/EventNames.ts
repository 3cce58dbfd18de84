/**
 * What an event is called in words, by Currents type: as Braze's connectors to Amplitude and Mixpanel name it, before any
 * prefix.
 *
 * From the Amplitude and Mixpanel tabs of Braze's event glossaries, which agree. They call LINE and RCS events alike (`Send`, `Click`): here they have
 * their channel in front.
 *
 * @since 1.0.0
 */

/** Message engagement. The two Aborts stand in the list of the partner page only, their names are ours. */
const engagement = {
  "users.behaviors.Uninstall": "Uninstall",
  "users.behaviors.subscription.GlobalStateChange": "Global Subscription State Change",
  "users.behaviors.subscriptiongroup.StateChange": "Subscription Group State Change",
  "users.campaigns.Abort": "Campaign Abort",
  "users.campaigns.Conversion": "Campaign Conversion",
  "users.campaigns.EnrollInControl": "Campaign Control Group Enrollment",
  "users.canvas.Abort": "Canvas Abort",
  "users.canvas.Conversion": "Canvas Conversion",
  "users.canvas.Entry": "Canvas Entry",
  "users.canvas.exit.MatchedAudience": "Exit Match Audience",
  "users.canvas.exit.PerformedEvent": "Exit Perform Event",
  "users.canvas.experimentstep.Conversion": "Experiment Step Conversion",
  "users.canvas.experimentstep.SplitEntry": "Experiment Split Entry",
  "users.canvasstep.Progression": "Canvas Step Progression",
  "users.messages.banner.Abort": "Banner Abort",
  "users.messages.banner.Click": "Banner Click",
  "users.messages.banner.Impression": "Banner Impression",
  "users.messages.contentcard.Abort": "Content Card Abort",
  "users.messages.contentcard.Click": "Content Card Click",
  "users.messages.contentcard.Dismiss": "Content Card Dismiss",
  "users.messages.contentcard.Impression": "Content Card Impression",
  "users.messages.contentcard.Send": "Content Card Send",
  "users.messages.email.Abort": "Email Abort",
  "users.messages.email.Bounce": "Email Bounce",
  "users.messages.email.Click": "Email Click",
  "users.messages.email.Deferral": "Email Deferral",
  "users.messages.email.Delivery": "Email Delivery",
  "users.messages.email.MarkAsSpam": "Email Mark As Spam",
  "users.messages.email.Open": "Email Open",
  "users.messages.email.Send": "Email Send",
  "users.messages.email.SoftBounce": "Email Soft Bounce",
  "users.messages.email.Unsubscribe": "Email Unsubscribe",
  "users.messages.featureflag.Impression": "Feature Flag Experiment Impression",
  "users.messages.inappmessage.Abort": "In-App Message Abort",
  "users.messages.inappmessage.Click": "In-App Message Click",
  "users.messages.inappmessage.Impression": "In-App Message Impression",
  "users.messages.line.Abort": "LINE Abort",
  "users.messages.line.Click": "LINE Click",
  "users.messages.line.InboundReceive": "LINE Inbound Receive",
  "users.messages.line.Send": "LINE Send",
  "users.messages.liveactivity.Outcome": "Live Activity Outcome",
  "users.messages.liveactivity.Send": "Live Activity Send",
  "users.messages.pushnotification.Abort": "Push Notification Abort",
  "users.messages.pushnotification.Bounce": "Push Notification Bounce",
  "users.messages.pushnotification.IosForeground": "Push Notification iOS Foreground Open",
  "users.messages.pushnotification.Open": "Push Notification Open",
  "users.messages.pushnotification.Send": "Push Notification Send",
  "users.messages.rcs.Abort": "RCS Abort",
  "users.messages.rcs.Click": "RCS Click",
  "users.messages.rcs.Delivery": "RCS Delivery",
  "users.messages.rcs.InboundReceive": "RCS Inbound Receive",
  "users.messages.rcs.Read": "RCS Read",
  "users.messages.rcs.Rejection": "RCS Rejection",
  "users.messages.rcs.Send": "RCS Send",
  "users.messages.sms.Abort": "SMS Abort",
  "users.messages.sms.CarrierSend": "SMS Carrier Send",
  "users.messages.sms.Delivery": "SMS Delivery",
  "users.messages.sms.DeliveryFailure": "SMS Delivery Failure",
  "users.messages.sms.InboundReceive": "SMS Inbound Received",
  "users.messages.sms.Rejection": "SMS Rejection",
  "users.messages.sms.Send": "SMS Send",
  "users.messages.sms.ShortLinkClick": "SMS Short Link Click",
  "users.messages.webhook.Abort": "Webhook Abort",
  "users.messages.webhook.Failure": "Webhook Failure",
  "users.messages.webhook.Send": "Webhook Send",
  "users.messages.whatsapp.Abort": "WhatsApp Abort",
  "users.messages.whatsapp.Click": "WhatsApp Tracked Link Click",
  "users.messages.whatsapp.Delivery": "WhatsApp Delivery",
  "users.messages.whatsapp.Failure": "WhatsApp Failure",
  "users.messages.whatsapp.InboundReceive": "WhatsApp Inbound Received",
  "users.messages.whatsapp.Read": "WhatsApp Read",
  "users.messages.whatsapp.Send": "WhatsApp Send"
}

/** Customer behavior: documented too, but your app may tell the destination of it already, and tokens are a device's secrets. */
const behavior = {
  "users.behaviors.CustomEvent": "Custom Event",
  "users.behaviors.InstallAttribution": "Install Attribution",
  "users.behaviors.Location": "Location",
  "users.behaviors.Purchase": "Purchase",
  "users.behaviors.app.FirstSession": "First Session",
  "users.behaviors.app.SessionEnd": "Session End",
  "users.behaviors.app.SessionStart": "Session Start",
  "users.behaviors.liveactivity.PushToStartTokenChange": "Live Activity Push To Start Token Change",
  "users.behaviors.liveactivity.UpdateTokenChange": "Live Activity Update Token Change",
  "users.behaviors.pushnotification.TokenStateChange": "Push Notification Token State Change"
}

/** Not documented for either: the names are ours, in the same style. */
const others = {
  "agentconsole.AgentExecuted": "Agent Console Agent Executed",
  "agentconsole.ToolInvocation": "Agent Console Tool Invocation",
  "users.RandomBucketNumberUpdate": "Random Bucket Number Update",
  "users.UserDeleteRequest": "User Delete Request",
  "users.UserOrphan": "User Orphan",
  "users.behaviors.UpgradedApp": "Upgraded App",
  "users.behaviors.app.NewsFeedImpression": "News Feed Impression",
  "users.campaigns.UniqueReceipt": "Campaign Unique Receipt",
  "users.canvas.costep.Conversion": "Content Optimizer Step Conversion",
  "users.canvas.costep.Send": "Content Optimizer Step Send",
  "users.canvas.sendtodestination.NotSent": "Send To Destination Not Sent",
  "users.canvas.sendtodestination.Sent": "Send To Destination Sent",
  "users.messages.banner.Dismiss": "Banner Dismiss",
  "users.messages.email.Retry": "Email Retry",
  "users.messages.line.Retry": "LINE Retry",
  "users.messages.newsfeedcard.Abort": "News Feed Card Abort",
  "users.messages.newsfeedcard.Click": "News Feed Card Click",
  "users.messages.newsfeedcard.Impression": "News Feed Card Impression",
  "users.messages.pushnotification.InfluencedOpen": "Push Notification Influenced Open",
  "users.messages.pushnotification.Retry": "Push Notification Retry",
  "users.messages.sms.Retry": "SMS Retry",
  "users.messages.webhook.Retry": "Webhook Retry",
  "users.messages.whatsapp.Retry": "WhatsApp Retry",
  "users.profile.Update": "Profile Update"
}

/**
 * The name of each of the 106 types, without prefix.
 *
 * @since 1.0.0
 * @category models
 */
export const names: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...engagement, ...behavior, ...others })
)

/**
 * The 72 types that are sent when a route names none.
 *
 * @since 1.0.0
 * @category models
 */
export const selected: ReadonlySet<string> = new Set(Object.keys(engagement))
