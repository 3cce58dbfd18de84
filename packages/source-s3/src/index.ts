/**
 * @since 1.0.0
 */
export * as S3Source from "./S3Source.ts"
export { s3 } from "./S3Source.ts"
