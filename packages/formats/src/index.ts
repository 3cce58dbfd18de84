/**
 * @since 1.0.0
 */
export * as Bytes from "./Bytes.ts"
export * as Checkpoint from "./Checkpoint.ts"
export * as ChunkBuilder from "./ChunkBuilder.ts"
export * as EventJson from "./EventJson.ts"
export type * as Format from "./Format.ts"
export * as LineStream from "./LineStream.ts"
export * as SplitReader from "./SplitReader.ts"
