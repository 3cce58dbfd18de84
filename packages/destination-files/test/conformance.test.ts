import { describe } from "@effect/vitest"
import { files } from "@millrace/destination-files"
import { destinationConformance } from "@millrace/testing"
import { event, type SettingsInput } from "./support/subject.ts"

const conforms = (settings: Partial<SettingsInput>) =>
  destinationConformance({
    plugin: files,
    settings: () => ({ path: "not-written-to", ...settings }),
    events: [
      event("1", { properties: { total: 5, note: "Größe", list: [1, { deep: null }] } }),
      event("2", { user: { deviceId: "device-1", timezone: "Europe/Berlin" } }),
      event("3", { type: "order.cancelled" })
    ],
    // Its delivery is tested beside this, with real files and processes.
    remote: false,
    readme: new URL("../README.md", import.meta.url)
  })

describe("as NDJSON", () => conforms({}))
describe("as Parquet, without folders", () => conforms({ format: "parquet", partitionBy: [] }))
