/** A run of the source into an intake that records. */
import type { SourceError } from "@millrace/core/Source"
import { type S3Source, s3 } from "@millrace/source-s3"
import * as Effect from "effect/Effect"
import * as Intake from "../../../objects/test/support/intake.ts"
import * as Bucket from "./bucket.ts"

export { make, until } from "../../../objects/test/support/intake.ts"

export type Settings = typeof S3Source.Settings.Encoded

export const run = (
  recorder: Intake.Recorder,
  settings: Settings,
  {
    credentials = Bucket.credentials,
    follow = false
  }: { readonly credentials?: typeof S3Source.Credentials.Encoded; readonly follow?: boolean } = {}
): Effect.Effect<void, SourceError> =>
  Effect.provide(s3({ settings, credentials }).run(recorder.intake, { follow }), Intake.logged(recorder))
