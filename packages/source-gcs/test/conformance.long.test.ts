import { gcs } from "@millrace/source-gcs"
import { sourceConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Contents from "../../objects/test/support/contents.ts"
import * as FakeGcs from "./support/fakeGcs.ts"

const contents = Contents.mixed()

sourceConformance({
  plugin: gcs,
  kind: "pull",
  replayable: true,
  supply: Effect.gen(function* () {
    const { settings } = yield* FakeGcs.server(contents)
    const all = yield* Effect.forEach(Object.values(contents), (bytes) => Contents.idsIn(Buffer.from(bytes)))
    return {
      settings: { ...settings, prefix: "currents/", format: "braze-currents" as const },
      ids: all.flat(),
      malformed: 4
    }
  }),
  limits: { appends: 2 },
  readme: new URL("../README.md", import.meta.url)
})
