/**
 * @since 1.0.0
 */

export * as NamedFormat from "./NamedFormat.ts"
export * as Names from "./Names.ts"
export * as Notices from "./Notices.ts"
export * as ObjectKey from "./ObjectKey.ts"
export * as ObjectSettings from "./ObjectSettings.ts"
export * as ObjectSource from "./ObjectSource.ts"
export type * as ObjectStore from "./ObjectStore.ts"
export * as Problems from "./Problems.ts"
export * as Range from "./Range.ts"
export * as Schedule from "./Schedule.ts"
export * as SideBySide from "./SideBySide.ts"
export * as StoreFault from "./StoreFault.ts"
