/**
 * What an event is called in Segment, by Currents type.
 *
 * From the lists of events in Braze's page "Segment for Currents" and in Segment's page "Braze Source", and for what they
 * leave out from the headings of Braze's event glossaries. The glossary calls LINE and RCS events alike (`Sent`,
 * `Clicked`): here they have their channel in front.
 *
 * @since 1.0.0
 */

/** Message engagement: what Braze's Segment connector is for. The two Aborts are listed, their names are ours. */
const engagement = {
  "users.behaviors.Uninstall": "Application Uninstalled",
  "users.behaviors.subscription.GlobalStateChange": "Global Subscription State Changed",
  "users.behaviors.subscriptiongroup.StateChange": "Subscription Group State Changed",
  "users.campaigns.Abort": "Campaign Aborted",
  "users.campaigns.Conversion": "Campaign Converted",
  "users.campaigns.EnrollInControl": "Campaign Control Group Entered",
  "users.canvas.Abort": "Canvas Aborted",
  "users.canvas.Conversion": "Canvas Converted",
  "users.canvas.Entry": "Canvas Entered",
  "users.canvas.exit.MatchedAudience": "Exit Matched Audience",
  "users.canvas.exit.PerformedEvent": "Exit Performed Event",
  "users.canvas.experimentstep.Conversion": "Experiment Step Converted",
  "users.canvas.experimentstep.SplitEntry": "Experiment Split Entered",
  "users.canvasstep.Progression": "Canvas Step Progression",
  "users.messages.banner.Abort": "Banner Aborted",
  "users.messages.banner.Click": "Banner Clicked",
  "users.messages.banner.Impression": "Banner Viewed",
  "users.messages.contentcard.Abort": "Content Card Aborted",
  "users.messages.contentcard.Click": "Content Card Clicked",
  "users.messages.contentcard.Dismiss": "Content Card Dismissed",
  "users.messages.contentcard.Impression": "Content Card Viewed",
  "users.messages.contentcard.Send": "Content Card Sent",
  "users.messages.email.Abort": "Email Aborted",
  "users.messages.email.Bounce": "Email Bounced",
  "users.messages.email.Click": "Email Link Clicked",
  "users.messages.email.Deferral": "Email Deferred",
  "users.messages.email.Delivery": "Email Delivered",
  "users.messages.email.MarkAsSpam": "Email Marked As Spam",
  "users.messages.email.Open": "Email Opened",
  "users.messages.email.Send": "Email Sent",
  "users.messages.email.SoftBounce": "Email Soft Bounced",
  "users.messages.email.Unsubscribe": "Email Unsubscribed",
  "users.messages.featureflag.Impression": "Feature Flag Experiment Impressed",
  "users.messages.inappmessage.Abort": "In-App Message Aborted",
  "users.messages.inappmessage.Click": "In-App Message Clicked",
  "users.messages.inappmessage.Impression": "In-App Message Viewed",
  "users.messages.line.Abort": "LINE Aborted",
  "users.messages.line.Click": "LINE Clicked",
  "users.messages.line.InboundReceive": "LINE Inbound Received",
  "users.messages.line.Send": "LINE Sent",
  "users.messages.liveactivity.Outcome": "Live Activity Outcome",
  "users.messages.liveactivity.Send": "Live Activity Sent",
  "users.messages.pushnotification.Abort": "Push Notification Aborted",
  "users.messages.pushnotification.Bounce": "Push Notification Bounced",
  "users.messages.pushnotification.IosForeground": "iOS Foreground Push Opened",
  "users.messages.pushnotification.Open": "Push Notification Tapped",
  "users.messages.pushnotification.Send": "Push Notification Sent",
  "users.messages.rcs.Abort": "RCS Aborted",
  "users.messages.rcs.Click": "RCS Clicked",
  "users.messages.rcs.Delivery": "RCS Delivered",
  "users.messages.rcs.InboundReceive": "RCS Inbound Received",
  "users.messages.rcs.Read": "RCS Read",
  "users.messages.rcs.Rejection": "RCS Rejected",
  "users.messages.rcs.Send": "RCS Sent",
  "users.messages.sms.Abort": "SMS Aborted",
  "users.messages.sms.CarrierSend": "SMS Sent to Carrier",
  "users.messages.sms.Delivery": "SMS Delivered",
  "users.messages.sms.DeliveryFailure": "SMS Delivery Failed",
  "users.messages.sms.InboundReceive": "SMS Inbound Received",
  "users.messages.sms.Rejection": "SMS Rejected",
  "users.messages.sms.Send": "SMS Sent",
  "users.messages.sms.ShortLinkClick": "SMS Short Link Clicked",
  "users.messages.webhook.Abort": "Webhook Aborted",
  "users.messages.webhook.Failure": "Webhook Failed",
  "users.messages.webhook.Send": "Webhook Sent",
  "users.messages.whatsapp.Abort": "WhatsApp Aborted",
  "users.messages.whatsapp.Click": "WhatsApp Tracked Link Clicked",
  "users.messages.whatsapp.Delivery": "WhatsApp Delivered",
  "users.messages.whatsapp.Failure": "WhatsApp Failed",
  "users.messages.whatsapp.InboundReceive": "WhatsApp Inbound Received",
  "users.messages.whatsapp.Read": "WhatsApp Read",
  "users.messages.whatsapp.Send": "WhatsApp Sent"
}

/** Customer behavior: documented too, but mostly what Segment itself told Braze, or a device's secrets. */
const behavior = {
  "users.behaviors.CustomEvent": "Custom Event",
  "users.behaviors.InstallAttribution": "Install Attribution",
  "users.behaviors.Location": "Location",
  "users.behaviors.Purchase": "Purchased",
  "users.behaviors.app.FirstSession": "First Session",
  "users.behaviors.app.SessionEnd": "Session Ended",
  "users.behaviors.app.SessionStart": "Session Started",
  "users.behaviors.liveactivity.PushToStartTokenChange": "Live Activity Push To Start Token Changed",
  "users.behaviors.liveactivity.UpdateTokenChange": "Live Activity Update Token Changed",
  "users.behaviors.pushnotification.TokenStateChange": "Push Notification Token State Changed"
}

/** Not documented for Segment, but for the news feed: the names are ours, in the same style. */
const others = {
  "agentconsole.AgentExecuted": "Agent Console Agent Executed",
  "agentconsole.ToolInvocation": "Agent Console Tool Invoked",
  "users.RandomBucketNumberUpdate": "Random Bucket Number Updated",
  "users.UserDeleteRequest": "User Delete Requested",
  "users.UserOrphan": "User Orphaned",
  "users.behaviors.UpgradedApp": "App Upgraded",
  "users.behaviors.app.NewsFeedImpression": "News Feed Viewed",
  "users.campaigns.UniqueReceipt": "Campaign Unique Receipt",
  "users.canvas.costep.Conversion": "Content Optimizer Step Converted",
  "users.canvas.costep.Send": "Content Optimizer Step Sent",
  "users.canvas.sendtodestination.NotSent": "Send To Destination Not Sent",
  "users.canvas.sendtodestination.Sent": "Send To Destination Sent",
  "users.messages.banner.Dismiss": "Banner Dismissed",
  "users.messages.email.Retry": "Email Retried",
  "users.messages.line.Retry": "LINE Retried",
  "users.messages.newsfeedcard.Abort": "News Feed Card Aborted",
  "users.messages.newsfeedcard.Click": "News Feed Card Clicked",
  "users.messages.newsfeedcard.Impression": "News Feed Card Viewed",
  "users.messages.pushnotification.InfluencedOpen": "Push Notification Influenced Open",
  "users.messages.pushnotification.Retry": "Push Notification Retried",
  "users.messages.sms.Retry": "SMS Retried",
  "users.messages.webhook.Retry": "Webhook Retried",
  "users.messages.whatsapp.Retry": "WhatsApp Retried",
  "users.profile.Update": "Profile Updated"
}

/**
 * The event name of each of the 106 types. A custom event has its own name instead, where it has one.
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
