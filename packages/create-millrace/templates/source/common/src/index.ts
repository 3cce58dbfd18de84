/** @since 1.0.0 */
export * as __Name__Source from "./__Name__Source.ts"
export { __value__ } from "./__Name__Source.ts"
