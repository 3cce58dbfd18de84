import type { TrackKey } from "@millrace/core/Outbox"

/** The track that a lease is for; `undefined` for that of a split. */
export const trackOf = (lease: string): TrackKey | undefined => {
  const [kind, route, lane, track]: ReadonlyArray<unknown> = lease.startsWith('["track"')
    ? JSON.parse(lease)
    : []
  return kind === "track" &&
    typeof route === "string" &&
    typeof lane === "string" &&
    typeof track === "number"
    ? { route, lane, track }
    : undefined
}
