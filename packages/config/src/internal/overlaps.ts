/** What a source would read of the exporter's own: it would take in what it has just written, without end. */
import { sep } from "node:path"

export interface Placed {
  /** Where in the configuration its `path` stands. */
  readonly at: ReadonlyArray<string>
  readonly path: string | undefined
}

export interface Overlap {
  readonly at: ReadonlyArray<string>
  /** The folder that a source reads. */
  readonly source: string
}

/** The first place of the exporter's own that lies where a source reads. */
export const overlapOf = (
  sources: ReadonlyArray<Placed>,
  own: ReadonlyArray<Placed>
): Overlap | undefined => {
  for (const { path: source } of sources) {
    if (source === undefined) continue
    const found = own.find(({ path }) => path !== undefined && isWithin(source, path))
    if (found !== undefined) return { at: found.at, source }
  }
  return undefined
}

const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
