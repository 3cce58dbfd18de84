/** Parts of schemas that several places share. */
import * as Schema from "effect/Schema"

export const described = <S extends Schema.Top>(schema: S, description: string) =>
  schema.annotate({ description })

/** A secret's place, rather than the secret. */
export const reference = (description: string) =>
  described(
    Schema.Union([
      Schema.Struct({ env: Schema.NonEmptyString }),
      Schema.Struct({ file: Schema.NonEmptyString })
    ]),
    `${description}; a reference: { env: NAME } or { file: PATH }`
  )
