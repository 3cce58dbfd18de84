/** A bucket as an `ObjectStore`. */
import type { ListObjectsV2CommandOutput, S3Client } from "@aws-sdk/client-s3"
import type { ObjectStore } from "@millrace/objects"
import type { Listing, Page, StoredObject } from "@millrace/objects/ObjectStore"
import * as Effect from "effect/Effect"
import { faultOf } from "./fault.ts"

/** Times that a range is asked for whose answer broke off; the client repeats what had no answer at all. */
const retries = 3

const pageOf = <A>(
  items: ReadonlyArray<A>,
  { IsTruncated, NextContinuationToken }: ListObjectsV2CommandOutput
): Page<A> => ({
  items,
  ...(IsTruncated === true && NextContinuationToken !== undefined ? { next: NextContinuationToken } : {})
})

export const make = (client: S3Client, { bucket }: { readonly bucket: string }): ObjectStore.ObjectStore => {
  const label = `s3://${bucket}`
  const library = () => import("@aws-sdk/client-s3")

  const list = ({ after, prefix }: Listing, page: string | undefined, delimiter?: string) =>
    Effect.tryPromise({
      try: async (abortSignal) => {
        const { ListObjectsV2Command } = await library()
        const command = new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          StartAfter: after,
          ContinuationToken: page,
          Delimiter: delimiter
        })
        return client.send(command, { abortSignal })
      },
      catch: faultOf("list", `${label}/${prefix}`)
    })

  return {
    label,
    folders: (prefix, page) =>
      Effect.map(list({ prefix }, page, "/"), (answer) =>
        pageOf(
          (answer.CommonPrefixes ?? []).flatMap(({ Prefix }) => (Prefix === undefined ? [] : [Prefix])),
          answer
        )
      ),
    list: (listing, page) =>
      Effect.map(list(listing, page), (answer) =>
        pageOf(
          (answer.Contents ?? []).flatMap(
            ({ ETag = "", Key, LastModified, Size = 0 }): ReadonlyArray<StoredObject> =>
              Key === undefined
                ? []
                : [{ key: Key, size: Size, tag: ETag, modified: LastModified?.getTime() ?? 0 }]
          ),
          answer
        )
      ),
    read: ({ key, tag }, offset, length) =>
      Effect.retry(
        Effect.tryPromise({
          try: async (abortSignal) => {
            const { GetObjectCommand } = await library()
            const command = new GetObjectCommand({
              Bucket: bucket,
              Key: key,
              Range: `bytes=${offset}-${offset + length - 1}`,
              IfMatch: tag
            })
            const { Body } = await client.send(command, { abortSignal })
            return (await Body?.transformToByteArray()) ?? new Uint8Array(0)
          },
          catch: faultOf("read", `${label}/${key}`)
        }),
        { times: retries, while: ({ reason }) => reason === "unreachable" }
      )
  }
}
