/** What one seed makes: bytes that are no longer as Braze wrote them, and what may be said of them all the same. */
export interface Input {
  readonly seed: number
  /** The kind of mutation, for people. */
  readonly kind: string
  /** How it reaches the exporter. */
  readonly way: "file" | "line" | "body"
  readonly bytes: Buffer
  /** Events that stand in it unharmed, and must be delivered. */
  readonly ids: ReadonlyArray<string>
  /** Something of it must be told of: in a dead letter, or as what is not read to its end. */
  readonly isHarmed?: boolean
  /** Nothing of it may be a dead letter. */
  readonly isClean?: boolean
  /** Bytes of a block in it that is in memory as a whole, which it may be up to 64 MiB. */
  readonly block?: number
  /** What a file's name ends in. */
  readonly ending?: string
  /** A body is sent as gzip. */
  readonly isGzip?: boolean
}

/** What a kind says; the seed and the way are added. */
export type Made = Omit<Input, "seed" | "kind" | "way">
