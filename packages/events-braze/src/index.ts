/**
 * @since 1.0.0
 */
export * as AvroRecord from "./AvroRecord.ts"
export type { BrazeEvent } from "./Braze.ts"
export * as Braze from "./Braze.ts"
export * as CustomHttp from "./CustomHttp.ts"
export * as EventNames from "./EventNames.ts"
export * as MParticleFacts from "./MParticleFacts.ts"
export * as Named from "./Named.ts"
export * as Sample from "./Sample.ts"
export * as SampleExport from "./SampleExport.ts"
export * as Settings from "./Settings.ts"
export * as Table from "./Table.ts"
export * as Values from "./Values.ts"
