/**
 * A local mParticle Events API that refuses what mParticle refuses and fails on demand.
 *
 * @since 1.0.0
 */
export * as BatchSchema from "./BatchSchema.ts"
export * as Capture from "./Capture.ts"
export * as Emulator from "./Emulator.ts"
export { EmulatorError } from "./EmulatorError.ts"
export * as FailurePlan from "./FailurePlan.ts"
export * as Feeds from "./Feeds.ts"
export * as State from "./State.ts"
