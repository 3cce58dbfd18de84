/**
 * What a reading thread starts with.
 */
import { shareCopies } from "./copies.ts"

shareCopies()
await import("./reader.ts")
