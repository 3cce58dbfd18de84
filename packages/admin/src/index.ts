/**
 * @since 1.0.0
 */
export * as Admin from "./Admin.ts"
export { AdminError } from "./AdminError.ts"
export * as History from "./History.ts"
export * as Settings from "./Settings.ts"
