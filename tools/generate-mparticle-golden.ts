// Writes packages/destination-mparticle/test/golden: `node tools/generate-mparticle-golden.ts`. Review the difference.
import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { eventOf, goldenOf } from "../packages/destination-mparticle/test/support/subject.ts"
import { isTypeName } from "../packages/events-braze/src/Braze.ts"
import { selected } from "../packages/events-braze/src/MParticleFacts.ts"

const folder = fileURLToPath(new URL("../packages/destination-mparticle/test/golden/", import.meta.url))
mkdirSync(folder, { recursive: true })
const types = [...selected].filter(isTypeName)
for (const [index, type] of types.entries()) {
  // Another place in the sample for each type: other users, platforms and absent fields.
  const event = eventOf(type, index * 7)
  const pair = { in: event, out: goldenOf(event) }
  writeFileSync(`${folder}${type}.json`, `${JSON.stringify(pair, null, 2)}\n`)
}
console.log(`wrote ${types.length} golden files`)
