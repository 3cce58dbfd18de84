/**
 * Dead letters read back into events, with the codecs of an exporter's sources and destinations.
 */
import * as Result from "effect/Result"
import type { Definition } from "../../Definition.ts"
import type { Decode } from "../../internal/deadLetters.ts"
import { catalogueOf } from "../intake/Known.ts"
import * as ReadBack from "../message/ReadBack.ts"

/**
 * Reads with the codecs of this exporter's sources and destinations; `undefined` for what none of them can read.
 *
 * @since 1.0.0
 * @category constructors
 */
export const decoder = (definition: Definition): Decode => {
  const decode = ReadBack.decoders(catalogueOf(definition))
  return ({ codec, parameter, record }) => {
    try {
      const decoded = decode(codec, parameter)?.(record, 0, record.length)
      return decoded !== undefined && Result.isSuccess(decoded) ? decoded.success : undefined
    } catch {
      return undefined
    }
  }
}
