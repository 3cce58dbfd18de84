import * as Schema from "effect/Schema"

/** Of a plugin that declares none: both types are at their default then, which is what this struct holds. */
export const noCredentials = <Credentials, Input>(): Schema.Codec<Credentials, Input> =>
  Schema.Struct({}) as unknown as Schema.Codec<Credentials, Input>
