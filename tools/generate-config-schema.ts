/** Writes the JSON Schema of the configuration file; run by hand when its shape changes, held to it by a test. */
import { writeFileSync } from "node:fs"
import { ConfigFile } from "../packages/config/src/index.ts"

const file = new URL("../packages/config/millrace.schema.json", import.meta.url)
writeFileSync(file, `${JSON.stringify(ConfigFile.jsonSchema(), undefined, 2)}\n`)
