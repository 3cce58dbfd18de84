/**
 * @since 1.0.0
 */
export * as GcsSource from "./GcsSource.ts"
export { gcs } from "./GcsSource.ts"
