/** The source that reads what stands at a path as objects of a bucket. */
import { s3 } from "@millrace/source-s3"
import * as Redacted from "effect/Redacted"
import * as Bucket from "./bucket.ts"

/** Serves the bucket, too, for as long as the process lives. */
export const serving = async (path: string) =>
  s3({
    settings: {
      bucket: Bucket.bucket,
      endpoint: await Bucket.serve(path),
      forcePathStyle: true,
      format: "braze-currents"
    },
    credentials: { accessKeyId: Redacted.make("bench"), secretAccessKey: Redacted.make("-") }
  })
