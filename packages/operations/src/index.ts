/**
 * @since 1.0.0
 */
export * as Access from "./Access.ts"
export * as Alerts from "./Alerts.ts"
export * as Control from "./Control.ts"
export { ControlError } from "./ControlError.ts"
export * as DeadLetters from "./DeadLetters.ts"
export * as Lanes from "./Lanes.ts"
export * as Notes from "./Notes.ts"
export * as Operations from "./Operations.ts"
export * as Overview from "./Overview.ts"
export * as Status from "./Status.ts"
export * as Text from "./Text.ts"
