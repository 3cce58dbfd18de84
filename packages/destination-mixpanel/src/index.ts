/**
 * @since 1.0.0
 */
export * as Answer from "./Answer.ts"
export * as Credentials from "./Credentials.ts"
export * as Limits from "./Limits.ts"
export * as MixpanelDestination from "./MixpanelDestination.ts"
export { mixpanel } from "./MixpanelDestination.ts"
export * as Settings from "./Settings.ts"
