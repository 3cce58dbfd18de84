import { EmulatorError } from "../EmulatorError.ts"

export const captureError = (path: string, cause: unknown): EmulatorError =>
  new EmulatorError({
    reason: "capture",
    message: `capture file ${path}: ${cause instanceof Error ? cause.message : String(cause)}`
  })
