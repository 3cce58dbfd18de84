/**
 * @since 1.0.0
 */
export * as FilesSource from "./FilesSource.ts"
export { files } from "./FilesSource.ts"
