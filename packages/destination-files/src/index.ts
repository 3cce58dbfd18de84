/**
 * @since 1.0.0
 */
export * as Answer from "./Answer.ts"
export * as FilesDestination from "./FilesDestination.ts"
export { files } from "./FilesDestination.ts"
export * as Settings from "./Settings.ts"
