/** @since 1.0.0 */
export * as __Name__Destination from "./__Name__Destination.ts"
export { __value__ } from "./__Name__Destination.ts"
