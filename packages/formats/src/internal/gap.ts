/** Bytes of a gzipped file that are no part of a whole member: nothing can be read from them. */
export interface Gap {
  readonly reason: "damaged-gzip" | "not-gzip"
  readonly detail: string
  /** Where they stand in the file on disk. */
  readonly start: number
  readonly end: number
  /** Their beginning. */
  readonly raw: Buffer
}
