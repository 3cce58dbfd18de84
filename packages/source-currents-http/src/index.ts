/**
 * @since 1.0.0
 */
export * as CurrentsHttpSource from "./CurrentsHttpSource.ts"
export { currentsHttp } from "./CurrentsHttpSource.ts"
export * as Settings from "./Settings.ts"
