import { s3 } from "@millrace/source-s3"
import { sourceConformance } from "@millrace/testing"
import * as Effect from "effect/Effect"
import * as Contents from "../../objects/test/support/contents.ts"
import * as Bucket from "./support/bucket.ts"

const contents = Contents.mixed()

sourceConformance({
  plugin: s3,
  kind: "pull",
  replayable: true,
  credentials: Bucket.credentials,
  supply: Effect.gen(function* () {
    const endpoint = yield* Bucket.server
    const { settings } = yield* Bucket.filled(endpoint, contents)
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
