import { Ajv2020 } from "ajv/dist/2020.js"
import addFormats from "ajv-formats"
import batchSchema from "../../schema/mparticle-batch.schema.json" with { type: "json" }

/** What our schema asks beyond mParticle's own: lengths, counts, ranges, and no unknown key in an event's data. */
const beyond = new Set([
  "unevaluatedProperties",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "maxProperties",
  "minimum",
  "maximum"
])

const loosened = (schema: object): object =>
  Object.fromEntries(
    Object.entries(schema).flatMap(([name, member]: [string, unknown]) =>
      beyond.has(name) && typeof member !== "object" ? [] : [[name, loosenedMember(member)]]
    )
  )

const loosenedMember = (member: unknown): unknown => {
  if (Array.isArray(member)) return member.map(loosenedMember)
  return typeof member === "object" && member !== null ? loosened(member) : member
}

const compile = (): ((batch: unknown) => boolean) => {
  const ajv = new Ajv2020({ allowUnionTypes: true, strictTypes: false, strictRequired: false })
  addFormats.default(ajv, ["ipv4", "ipv6"])
  const validate = ajv.compile(loosened(batchSchema))
  return (batch) => validate(batch)
}

/** Made on first use: it takes as long as all else of the start. */
let validate: ReturnType<typeof compile> | undefined

/** Whether a batch has the shape that mParticle publishes. */
export const isAsPublished = (batch: unknown): boolean => {
  validate ??= compile()
  return validate(batch)
}
