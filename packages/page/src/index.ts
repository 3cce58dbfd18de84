/**
 * @since 1.0.0
 */
export * as Page from "./Page.ts"
