import { redacted } from "@millrace/core/Transform"
import * as Limits from "../Limits.ts"

/** An attribute's value: text as it is, numbers and booleans printed, objects and arrays as JSON. */
export const toText = (value: unknown): string | undefined => {
  switch (typeof value) {
    case "string":
      return value === redacted ? undefined : value
    case "number":
    case "boolean":
    case "bigint":
      return String(value)
    case "object":
      return value === null ? undefined : toJson(value)
    default:
      return undefined
  }
}

/** `undefined` for what JSON cannot hold, such as an object within itself. */
const toJson = (value: object): string | undefined => {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** The first characters, without half a surrogate pair at the end. */
export const cut = (text: string, length: number): string => {
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)
}

export const isTooLong = (text: string): boolean => text.length > Limits.value

const nil = "00000000-0000-0000-0000-000000000000"

/**
 * A UUID that names one device: the nil UUID, which stands for "no advertising id", would merge all who have none.
 * Character by character, since it runs for every event.
 */
export const isUuid = (value: unknown): value is string => {
  if (typeof value !== "string" || value.length !== 36) return false
  for (let at = 0; at < 36; at++) {
    const code = value.charCodeAt(at)
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (code !== 45) return false
    } else if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70))) {
      return false
    }
  }
  return value !== nil
}
