/** What the compiler says in a project that uses every public module, without skipping any declaration. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { run } from "./ground.ts"
import type { Modules } from "./modules.ts"
import type { Project } from "./project.ts"
import { tool } from "./workspace.ts"

const resolutions = {
  node16: { module: "node16" },
  bundler: { module: "preserve", moduleResolution: "bundler" }
}

const strict = {
  target: "ES2024",
  // The declarations of effect itself want those of the DOM.
  lib: ["ES2024", "DOM"],
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true
}

export const checkTypes = async ({ env, folder }: Project, { open }: Modules): Promise<void> => {
  const lines = open.flatMap((name, index) => [
    `import * as Module${index} from "${name}"`,
    `export type Type${index} = typeof Module${index}`
  ])
  writeFileSync(join(folder, "consumer.ts"), lines.join("\n"))
  for (const [name, resolution] of Object.entries(resolutions)) {
    const file = `tsconfig.${name}.json`
    const settings = { files: ["consumer.ts"], compilerOptions: { ...strict, ...resolution } }
    writeFileSync(join(folder, file), JSON.stringify(settings))
    await run({ command: [tool("tsc"), "-p", file], cwd: folder, env })
  }
}
