/**
 * What a well-behaved sender may put in an mParticle batch, as a JSON Schema, and two functions that check it.
 * It does not check sizes in bytes, nor that ids are unique.
 *
 * @since 1.0.0
 */
import { Ajv2020 } from "ajv/dist/2020.js"
import addFormats from "ajv-formats"
import batchSchema from "../schema/mparticle-batch.schema.json" with { type: "json" }
import { explainErrors } from "./internal/explainErrors.ts"

/**
 * The schema, draft 2020-12. Its root is one batch, `$defs/BulkBatch` the body of a bulk request. Stricter than
 * the one mParticle publishes: unknown keys are refused, documented lengths and counts are enforced.
 *
 * @since 1.0.0
 * @category schemas
 */
export const schema: Readonly<Record<string, unknown>> = batchSchema

const ajv = new Ajv2020({ allowUnionTypes: true, strictTypes: false, strictRequired: false })
addFormats.default(ajv, ["ipv4", "ipv6"])
ajv.addSchema(batchSchema, "batch")

const check = (reference: string): ((value: unknown) => ReadonlyArray<string>) => {
  const validate = ajv.compile({ $ref: reference })
  return (value) => (validate(value) ? [] : explainErrors(validate.errors ?? []))
}

/**
 * What is wrong with one batch: `path: explanation`, without the values found. Empty when it is valid.
 *
 * @since 1.0.0
 * @category schemas
 */
export const validateBatch: (value: unknown) => ReadonlyArray<string> = check("batch")

/**
 * What is wrong with the body of a bulk request of 1 to 100 batches; a path begins with the batch's position.
 * Empty when it is valid. It stops at the first batch at fault.
 *
 * @since 1.0.0
 * @category schemas
 */
export const validateBulk: (value: unknown) => ReadonlyArray<string> = check("batch#/$defs/BulkBatch")
