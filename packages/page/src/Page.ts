/**
 * The pages, served from memory: one document, one script, one style sheet, an icon. They ask nobody else for anything.
 *
 * @since 1.0.0
 */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"

/**
 * Which page: the exporter's, or the emulator's.
 *
 * @since 1.0.0
 * @category models
 */
export type Name = "exporter" | "emulator"

/**
 * A file of a page, as it is sent.
 *
 * @since 1.0.0
 * @category models
 */
export interface File {
  readonly type: string
  readonly bytes: Buffer
  readonly packed: Buffer
  readonly etag: string
}

/**
 * The files of a page by their paths: `/`, and what it asks for.
 *
 * @since 1.0.0
 * @category models
 */
export type Page = ReadonlyMap<string, File>

/**
 * What is answered to whoever asks for a file.
 *
 * @since 1.0.0
 * @category models
 */
export interface Answer {
  readonly status: 200 | 304
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const types: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml"
}

const pathOf = (file: string): string => (file === "index.html" ? "/" : `/${file}`)

/**
 * The paths of every page.
 *
 * @since 1.0.0
 * @category models
 */
export const paths: ReadonlySet<string> = new Set(Object.keys(types).map(pathOf))

/** The module that makes the files; it stands outside of what is published. */
interface Bundling {
  readonly bundle: (name: Name) => Promise<Readonly<Record<string, Uint8Array>>>
}

/** Whether this is what is published: the build puts `true` in its place. */
declare const isPublished: boolean | undefined

/** In the source tree the files are made when they are needed; a published package has them beside this module. */
const read = async (name: Name): Promise<Readonly<Record<string, Uint8Array>>> => {
  if (typeof isPublished === "undefined") {
    const { bundle }: Bundling = await import(new URL("../bundle.ts", import.meta.url).href)
    return bundle(name)
  }
  const folder = new URL(`./${name}/`, import.meta.url)
  const files = Object.keys(types).map(async (file) => [file, await readFile(new URL(file, folder))] as const)
  return Object.fromEntries(await Promise.all(files))
}

const fileOf = (type: string, content: Uint8Array): File => {
  const bytes = Buffer.from(content)
  const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`
  return { type, bytes, packed: gzipSync(bytes, { level: 9 }), etag }
}

/**
 * Loads a page into memory. What is missing of it is a defect of the installation.
 *
 * @since 1.0.0
 * @category constructors
 */
export const load = (name: Name): Effect.Effect<Page> =>
  Effect.map(
    Effect.promise(() => read(name)),
    (files) =>
      new Map(
        Object.entries(types).map(([file, type]) => [
          pathOf(file),
          fileOf(type, files[file] ?? new Uint8Array())
        ])
      )
  )

/** Scripts and styles of its own alone, no frame around it, and no word to others of where it stands. */
const guarded: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY"
}

/**
 * The answer to a `GET` or `HEAD` of a path; `undefined` where the page has no such file.
 *
 * @since 1.0.0
 * @category conversions
 */
export const answer = (
  page: Page,
  path: string,
  headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
): Answer | undefined => {
  const file = page.get(path)
  if (file === undefined) return undefined
  const isPacked = /\bgzip\b/.test(String(headers["accept-encoding"] ?? ""))
  const common = { ...guarded, etag: file.etag, "cache-control": "no-cache", vary: "accept-encoding" }
  if (headers["if-none-match"] === file.etag) {
    return { status: 304, headers: common, body: Buffer.alloc(0) }
  }
  return {
    status: 200,
    headers: { ...common, "content-type": file.type, ...(isPacked ? { "content-encoding": "gzip" } : {}) },
    body: isPacked ? file.packed : file.bytes
  }
}
