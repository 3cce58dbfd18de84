/** A source of somebody else, without anything around it: it gives one event to whoever knows the token. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Failure } from "./failure.ts"
import { run } from "./ground.ts"

const manifest = {
  name: "millrace-source-small",
  version: "1.0.0",
  type: "module",
  exports: { ".": { import: "./index.js" } },
  peerDependencies: { "@millrace/core": "*", effect: "^4.1.0" }
}

const code = `
import * as Catalogue from "@millrace/core/Catalogue"
import * as Source from "@millrace/core/Source"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const event = {
  id: "small",
  type: "users.messages.email.Open",
  time: 1_790_000_000_000,
  user: { externalId: "customer-1" },
  properties: {}
}

export const small = Source.plugin({
  name: "millrace-source-small",
  catalogue: Catalogue.any,
  settings: Schema.Struct({}),
  credentials: Schema.Struct({ token: Schema.Redacted(Schema.String) }),
  run: (_, credentials) => (intake, options) =>
    Effect.flatMap(Effect.orDie(credentials), ({ token }) =>
      Source.fromArray(Redacted.value(token) === "small-token" ? [event] : []).run(intake, options)
    )
})
`

/** Its tarball. */
export const smallSource = async (folder: string, env: NodeJS.ProcessEnv): Promise<string> => {
  mkdirSync(folder)
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest))
  writeFileSync(join(folder, "index.js"), code)
  await run({ command: ["npm", "pack", "--loglevel=error"], cwd: folder, env })
  const tarball = readdirSync(folder).find((file) => file.endsWith(".tgz"))
  if (tarball === undefined) throw new Failure(`"npm pack" in ${folder} made no tarball`)
  return join(folder, tarball)
}
