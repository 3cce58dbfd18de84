/**
 * @since 1.0.0
 */
export * as Answer from "./Answer.ts"
export * as Credentials from "./Credentials.ts"
export * as Feeds from "./Feeds.ts"
export * as Limits from "./Limits.ts"
export * as MParticleDestination from "./MParticleDestination.ts"
export { mparticle } from "./MParticleDestination.ts"
export * as Settings from "./Settings.ts"
