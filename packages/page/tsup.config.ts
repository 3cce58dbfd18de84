import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { defineConfig } from "tsup"
import { library as usual } from "../../tools/tsup.ts"
import { bundle } from "./bundle.ts"

const write = async (name: "exporter" | "emulator") => {
  const folder = join(import.meta.dirname, "dist", name)
  mkdirSync(folder, { recursive: true })
  for (const [file, bytes] of Object.entries(await bundle(name))) writeFileSync(join(folder, file), bytes)
}

export default defineConfig({
  ...usual,
  // Without what makes the files, which is not published.
  define: { isPublished: "true" },
  treeshake: true,
  onSuccess: async () => {
    await write("exporter")
    await write("emulator")
  }
})
