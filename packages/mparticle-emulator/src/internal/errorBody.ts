import { STATUS_CODES } from "node:http"

const code = (status: number): string =>
  (STATUS_CODES[status] ?? "Error").toUpperCase().replaceAll(/[^A-Z]+/g, "_")

/** mParticle's error body. Its documents show one code, `BAD_REQUEST`; the others are built alike. */
export const errorBody = (status: number, message: string): string =>
  JSON.stringify({ errors: [{ code: code(status), message }] })
