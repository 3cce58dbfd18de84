/** A container, as discovery and reading ask of a store. */
import type { ContainerClient } from "@azure/storage-blob"
import type { SourceError } from "@millrace/core/Source"
import { type ObjectStore, StoreFault } from "@millrace/objects"
import type { Page, StoredObject } from "@millrace/objects/ObjectStore"
import * as Effect from "effect/Effect"
import { faultOf, isBehindEnd } from "./fault.ts"

/** Items of a page; the most that the store gives. */
const pageSize = 1000
/** Times that the rest of a range is asked for whose answer broke off. */
const retries = 3

/** Asks for one page: the client's iterators would ask for the next. */
const pageOf = async <A, B>(
  pages: AsyncIterableIterator<A & { readonly continuationToken?: string }>,
  itemsOf: (page: A) => ReadonlyArray<B>
): Promise<Page<B>> => {
  const { done, value } = await pages.next()
  if (done === true) return { items: [] }
  const next = value.continuationToken
  return { items: itemsOf(value), ...(next === undefined || next === "" ? {} : { next }) }
}

/** A listing tells it without the quotes that a header has. */
const quoted = (tag: string) => (tag.startsWith('"') ? tag : `"${tag}"`)

export const make = (container: ContainerClient, size = pageSize): ObjectStore.ObjectStore => {
  const { origin, pathname } = new URL(container.url)
  const label = `${origin}${pathname}`
  const settings = (page: string | undefined) => ({
    maxPageSize: size,
    ...(page === undefined ? {} : { continuationToken: page })
  })

  /** One that is not there has not the etag either: whether it was replaced is asked. */
  const other = (key: string, error: SourceError): Effect.Effect<never, SourceError> =>
    Effect.flatMap(
      Effect.tryPromise({ try: () => container.getBlobClient(key).exists(), catch: () => error }),
      (exists) =>
        Effect.fail(exists ? error : StoreFault.make("gone", { what: `${label}/${key}`, said: "404" }))
    )

  return {
    label,
    folders: (prefix, page) =>
      Effect.tryPromise({
        try: (abortSignal) =>
          pageOf(
            container.listBlobsByHierarchy("/", { prefix, abortSignal }).byPage(settings(page)),
            ({ segment }) => (segment.blobPrefixes ?? []).map(({ name }) => name)
          ),
        catch: faultOf("list", `${label}/${prefix}`)
      }),
    list: ({ after, prefix }, page) =>
      Effect.tryPromise({
        try: (abortSignal) =>
          pageOf(
            container
              .listBlobsFlat({ prefix, abortSignal, ...(after === undefined ? {} : { startFrom: after }) })
              .byPage(settings(page)),
            ({ segment }) =>
              segment.blobItems.map(
                ({ name, properties }): StoredObject => ({
                  key: name,
                  size: properties.contentLength ?? 0,
                  tag: quoted(properties.etag),
                  modified: properties.lastModified.getTime()
                })
              )
          ),
        catch: faultOf("list", `${label}/${prefix}`)
      }),
    read: ({ key, tag }, offset, length) =>
      Effect.tryPromise({
        try: async (abortSignal) => {
          const answer = await container.getBlobClient(key).download(offset, length, {
            abortSignal,
            conditions: { ifMatch: tag },
            maxRetryRequests: retries
          })
          const pieces: Array<Buffer> = []
          for await (const piece of answer.readableStreamBody ?? []) pieces.push(Buffer.from(piece))
          return Buffer.concat(pieces)
        },
        catch: (thrown) => ({ isEnd: isBehindEnd(thrown), error: faultOf("read", `${label}/${key}`)(thrown) })
      }).pipe(
        Effect.catch(({ error, isEnd }) => {
          if (isEnd) return Effect.succeed(Buffer.alloc(0))
          return error.reason === "replaced" ? other(key, error) : Effect.fail(error)
        })
      )
  }
}
