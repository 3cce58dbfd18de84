/**
 * @since 1.0.0
 */
export * as AmplitudeDestination from "./AmplitudeDestination.ts"
export { amplitude } from "./AmplitudeDestination.ts"
export * as Answer from "./Answer.ts"
export * as Credentials from "./Credentials.ts"
export * as Limits from "./Limits.ts"
export * as Settings from "./Settings.ts"
