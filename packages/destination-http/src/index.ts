/**
 * @since 1.0.0
 */
export * as Answer from "./Answer.ts"
export * as Credentials from "./Credentials.ts"
export * as HttpDestination from "./HttpDestination.ts"
export { http } from "./HttpDestination.ts"
export * as Settings from "./Settings.ts"
export * as StandardWebhooks from "./StandardWebhooks.ts"
