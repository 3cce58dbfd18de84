/**
 * @since 1.0.0
 */
export * as StdinSource from "./StdinSource.ts"
export { stdin } from "./StdinSource.ts"
