/** A bucket, as discovery and reading ask of a store. An object's tag is its generation. */
import type { Bucket, GetFilesOptions, GetFilesResponse } from "@google-cloud/storage"
import type { SourceError } from "@millrace/core/Source"
import type { ObjectStore } from "@millrace/objects"
import { StoreFault } from "@millrace/objects"
import type { Page, StoredObject } from "@millrace/objects/ObjectStore"
import * as Effect from "effect/Effect"
import { isObject } from "effect/Predicate"
import { faultOf, statusOf } from "./fault.ts"

/** Items of a page; the most that the store gives. */
const pageSize = 1000
/** Times that a range is asked for whose answer broke off; the client repeats what had no answer at all. */
const retries = 3

/** What an object's name and a prefix are named in the answer. */
const stringsIn = (answer: unknown, field: string): ReadonlyArray<string> => {
  const found = isObject(answer) ? answer[field] : undefined
  return Array.isArray(found) ? found.filter((one) => typeof one === "string") : []
}

const nextOf = (query: unknown): { readonly next?: string } => {
  const token = isObject(query) ? query["pageToken"] : undefined
  return typeof token === "string" && token !== "" ? { next: token } : {}
}

export const make = (bucket: Bucket, size = pageSize): ObjectStore.ObjectStore => {
  const label = `gs://${bucket.name}`

  const list = <A>(
    options: GetFilesOptions,
    page: string | undefined,
    itemsOf: (answer: GetFilesResponse) => ReadonlyArray<A>
  ): Effect.Effect<Page<A>, SourceError> =>
    Effect.tryPromise({
      try: async () => {
        const answer = await bucket.getFiles({
          ...options,
          autoPaginate: false,
          maxResults: size,
          ...(page === undefined ? {} : { pageToken: page })
        })
        return { items: itemsOf(answer), ...nextOf(answer[1]) }
      },
      catch: faultOf("list", `${label}/${options.prefix ?? ""}`)
    })

  /** An object of another generation is not there, either: whether it was replaced is asked. */
  const missing = (key: string, error: SourceError): Effect.Effect<never, SourceError> =>
    Effect.flatMap(
      Effect.tryPromise({ try: () => bucket.file(key).exists(), catch: () => error }),
      ([exists]) =>
        Effect.fail(StoreFault.make(exists ? "replaced" : "gone", { what: `${label}/${key}`, said: "404" }))
    )

  return {
    label,
    folders: (prefix, page) =>
      list({ prefix, delimiter: "/" }, page, ([, , answer]) => stringsIn(answer, "prefixes")),
    list: ({ after, prefix }, page) =>
      list({ prefix, ...(after === undefined ? {} : { startOffset: after }) }, page, ([files]) =>
        files.map(
          ({ metadata, name }): StoredObject => ({
            key: name,
            size: Number(metadata.size ?? 0),
            tag: String(metadata.generation ?? ""),
            modified: Date.parse(metadata.updated ?? "") || 0
          })
        )
      ),
    read: ({ key, tag }, offset, length) =>
      Effect.tryPromise({
        // Nothing stops it under way, be it interrupted: the client leaks, or throws where nobody catches it, when a stream is
        // not read to its end, and there is little to read.
        try: async () => {
          // As it is stored: a packed object is not unpacked on its way.
          const stream = bucket.file(key, { generation: tag }).createReadStream({
            start: offset,
            end: offset + length - 1,
            validation: false,
            decompress: false
          })
          const pieces: Array<Buffer> = []
          for await (const piece of stream) pieces.push(Buffer.from(piece))
          return Buffer.concat(pieces)
        },
        catch: (thrown) => ({ thrown, error: faultOf("read", `${label}/${key}`)(thrown) })
      }).pipe(
        Effect.retry({ times: retries, while: ({ error }) => error.reason === "unreachable" }),
        Effect.catch(({ error, thrown }) => {
          const status = statusOf(thrown)
          if (status === 416) return Effect.succeed(Buffer.alloc(0))
          return status === 404 ? missing(key, error) : Effect.fail(error)
        })
      )
  }
}
