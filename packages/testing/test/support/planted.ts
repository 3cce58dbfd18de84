import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import type * as Exporter from "@millrace/core/Exporter"
import type * as OutboxMemory from "@millrace/core/OutboxMemory"
import type { Simulation } from "@millrace/testing"

/** A bug as a change of the engine's source; `find` must occur in the file exactly once. */
export interface Bug {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** The promise that the simulation must see broken. */
  readonly breaks: ReadonlyArray<Simulation.Violation["promise"]>
  /** It shows in a crash at one moment alone: the seed of a small history, to be crashed at every point. */
  readonly crashed?: number
  /** It shows in few histories: the seed to begin at. */
  readonly from?: number
}

/** Written to be as quiet as possible: most go unnoticed until a fault or a crash comes at the right moment. */
export const bugs: ReadonlyArray<Bug> = [
  {
    name: "events are acknowledged before they are sent",
    file: "engine/lane/Sender.ts",
    find: "const answer = yield* deliver(key.lane, credentials.destination(), held.connection, batch.items)",
    replace: `
    yield* settling.settle(
      batch.items.map((item) => ({
        own: item.own,
        settlements: (item.group?.members ?? [item]).map(({ parcel, position }) => ({
          parcel, delivered: [position], dead: [], attempts: 0, at: 0
        }))
      }))
    )
    const answer = yield* deliver(key.lane, credentials.destination(), held.connection, batch.items)`,
    breaks: ["at-least-once"]
  },
  {
    name: "the checkpoint is stored before the events",
    file: "engine/intake/Appends.ts",
    find: "const places = yield* outbox.append(entry)",
    replace: `
            yield* outbox.append({ ...entry, parcels: [], buried: [], counts: [] })
            const places = yield* outbox.append({ ...entry, advance: undefined })`,
    breaks: ["at-least-once", "conservation"]
  },
  {
    name: "a lane may fill more than its share",
    file: "engine/lane/LaneShare.ts",
    find: "bytes += added",
    replace: "bytes = Math.max(bytes, added)",
    breaks: ["bounds"]
  },
  {
    name: "a missing outcome counts as success",
    file: "engine/lane/Verdict.ts",
    find: `outcomes.values[i] ?? { _tag: "Retry", reason: "no-answer" }`,
    replace: `outcomes.values[i] ?? { _tag: "Delivered" }`,
    breaks: ["at-least-once"]
  },
  {
    name: "the time of the next attempt is kept in memory only",
    file: "engine/lane/LaneGate.ts",
    find: "if (health.gate !== before) yield* store",
    replace: "if (health.gate.open !== before.open) yield* store",
    breaks: ["waits"]
  },
  {
    name: "message ids derive from the clock",
    file: "engine/lane/Deliver.ts",
    find: "const body = bodies.assemble(items, envelope)",
    replace: `const body = bodies.assemble(items, envelope)
  const minute = yield* Effect.clockWith((clock) => Effect.map(clock.currentTimeMillis, (now) => Math.floor(now / 60_000)))
  items = items.map((item) => ({ ...item, id: item.id + "@" + minute }))`,
    breaks: ["stable-ids"]
  },
  {
    name: "lanes share their permits",
    file: "engine/lane/Sender.ts",
    find: "const answer = yield* deliver(key.lane, credentials.destination(), held.connection, batch.items)",
    replace: `
    while (shared.taken) yield* Effect.sleep(100)
    shared.taken = true
    const answer = yield* deliver(key.lane, credentials.destination(), held.connection, batch.items)
    shared.taken = false`,
    breaks: ["isolation"]
  },
  {
    name: "a later event of a user overtakes one that is tried again",
    file: "engine/lane/Conclude.ts",
    find: "memory.batches.release(verdict.ended)",
    replace: "memory.batches.release([...verdict.ended, ...verdict.again.flatMap(({ items }) => items)])",
    breaks: ["order"]
  },
  {
    name: "a client is answered before its events are durable",
    file: "engine/intake/Door.ts",
    find: "store: (planned) => stored((now) => toAppend(planned, now)),",
    replace: `store: (planned) => {
      const storing = stored((now) => toAppend(planned, now))
      return planned.entry.advance === undefined ? Effect.forkDetach(storing) : storing
    },`,
    breaks: ["at-least-once", "conservation"]
  },
  {
    name: "the halves of a refused group are overtaken by what came after it",
    file: "engine/lane/Conclude.ts",
    find: "memory.batches.replace(kept, parts)",
    replace: "memory.batches.release(kept); memory.batches.push(parts)",
    breaks: ["order"]
  },
  {
    name: "a message that was too large is sent after those that followed it",
    file: "engine/message/Compose.ts",
    find: "items.sort((a, b) => a.parcel - b.parcel || a.position - b.position)",
    replace: "",
    breaks: ["order"]
  },
  {
    name: "an event that ends while its group is formed is told too late",
    file: "engine/lane/Filling.ts",
    find: "memory.end(composed.dead, now)",
    replace: "memory.end(memory.late ?? [], now); memory.late = composed.dead",
    breaks: ["settling", "isolation"]
  },
  {
    name: "the copies of an event that a client repeated share a composition",
    file: "engine/message/Compose.ts",
    find: "[event.id, members[index]!.parcel, members[index]!.position]",
    replace: "event.id",
    breaks: ["stable-ids"]
  },
  {
    name: "events that were taken are sent again with those of their message that were not",
    file: "engine/lane/EventVerdicts.ts",
    find: "left: part(left)",
    replace: "left: left.length === 0 ? undefined : item",
    breaks: ["no-repeat"]
  },
  {
    name: "an event of a message is lost where the others were taken",
    file: "engine/lane/EventVerdicts.ts",
    find: "delivered: part(delivered)",
    replace: "delivered: delivered.length === 0 ? undefined : item",
    breaks: ["at-least-once"]
  },
  {
    name: "what was taken of a message is stored with the last of it",
    file: "engine/lane/Conclude.ts",
    find: "yield* settling.settle(Settlements.ofVerdict(batch, verdict, now))",
    replace: `
    shared.kept = [...(shared.kept ?? []), ...Settlements.ofVerdict(batch, verdict, now)]
    if (verdict.left.size === 0) yield* settling.settle(shared.kept.splice(0))`,
    breaks: ["stable-ids"],
    crashed: 263
  },
  {
    name: "later events of a user overtake what is left of a message",
    file: "engine/lane/Renew.ts",
    find: "memory.batches.exchange(whole, only)",
    replace: "memory.batches.release([whole])",
    breaks: ["order"]
  },
  {
    name: "the checkpoint of a split that is there is forgotten",
    file: "engine/intake/Present.ts",
    find: "const found = new Set(yield* among(splits.map(({ split }) => split)))",
    replace: "const found = new Set(yield* Effect.as(among([]), new Array<Split>()))",
    breaks: ["settling", "at-least-once"]
  },
  {
    name: "what waited while the exporter was down expires before it is tried",
    file: "engine/lane/Retention.ts",
    find: "if (appendedAt > since) return due",
    replace: "if (due > 0) return due",
    breaks: ["at-least-once"]
  }
]

/** Each breaks a fence, or what a fleet needs beside: one exporter alone does not see it. */
export const fleetBugs: ReadonlyArray<Bug> = [
  {
    name: "a former owner may settle",
    file: "internal/memoryStore.ts",
    find: ".find((key) => !fences.holds(OutboxRules.trackLease(key), token))",
    replace: ".find(() => false)",
    breaks: ["fences"]
  },
  {
    name: "a former owner may compose",
    file: "internal/memoryStore.ts",
    find: "if (!fences.holds(OutboxRules.trackLease(key), token)) return OutboxRefusals.lostTrack(key)",
    replace: "",
    breaks: ["fences"]
  },
  {
    name: "a former owner may open and close the lane",
    file: "internal/memoryStore.ts",
    find: "if (by !== undefined && !fences.holds(OutboxRules.trackLease(track), by.token))",
    replace: "if (by === null)",
    breaks: ["fences"]
  },
  {
    name: "the token of a lease does not grow",
    file: "internal/memoryFleet.ts",
    find: "const token = (leases.get(name)?.token ?? 0) + 1",
    replace: "const token = leases.get(name)?.token ?? 1",
    breaks: ["fences"]
  },
  {
    name: "what another stored before one's own parcel is passed over",
    file: "engine/lane/TrackReach.ts",
    find: "const isGap = after > Math.max(reach.cursor, reach.newest)",
    replace: "const isGap = false",
    breaks: ["order", "settling", "isolation"]
  },
  {
    name: "nobody hears that something waits in their track",
    file: "engine/Ownership.ts",
    find: "for (const track of news.tracks) laneOf(track)?.lag(track.track ?? 0, 0)",
    replace: "",
    breaks: ["settling", "isolation"]
  },
  {
    name: "a track is given up while it has messages under way",
    file: "engine/lane/Tracks.ts",
    find: "if (own.underWay > 0 || !isSettled) continue",
    replace: "",
    breaks: ["no-repeat", "order"]
  },
  {
    name: "a process that stood still sends before it looks whether it may",
    file: "engine/lane/Tracks.ts",
    find: "if (!own.isSure()) own.isLost = true",
    replace: "",
    breaks: ["stable-ids", "fences"],
    from: 8806
  },
  {
    name: "an exporter is sure of its leases for longer than the store is",
    file: "internal/memorySession.ts",
    find: "const sureTime = (leaseTime * 3) / 4",
    replace: "const sureTime = leaseTime * 2",
    breaks: ["fences"]
  },
  {
    name: "tracks are left to nobody",
    file: "engine/Ownership.ts",
    find: "Math.ceil(outbox.tracks / Math.max(1, delivering))",
    replace: "Math.floor(outbox.tracks / Math.max(1, delivering))",
    breaks: ["settling", "isolation"]
  },
  {
    name: "the leases of who is gone stay taken",
    file: "internal/memoryFleet.ts",
    find: "sessions.has(session) && now() < session.seen + time",
    replace: "sessions.has(session)",
    breaks: ["settling", "isolation"]
  },
  {
    name: "each process knows only of what it took itself",
    file: "internal/memoryStore.ts",
    find: "const seen = unseenSince === undefined ? [] : [...remembered.among(remember ?? [], unseenSince)]",
    replace: "const seen: ReadonlyArray<string> = []",
    breaks: ["conservation"]
  },
  {
    name: "each makes as many requests at once as all of them may",
    file: "engine/lane/Tracks.ts",
    find: "part: () => (size() || all) / all",
    replace: "part: () => 1",
    breaks: ["bounds", "waits"]
  },
  {
    name: "each keeps the pace near the remote's limit that all of them may keep",
    file: "engine/lane/Health.ts",
    find: "Math.round((excess * slowest) / part)",
    replace: "Math.round(excess * slowest)",
    breaks: ["waits"]
  }
]

const core = fileURLToPath(new URL("../../../core/src", import.meta.url))
const here = fileURLToPath(new URL("../..", import.meta.url))

/** The bug's file with the bug in it. */
export const sourceWith = ({ name, file, find, replace }: Bug): string => {
  const source = readFileSync(join(core, file), "utf8")
  const places = source.split(find).length - 1
  if (places !== 1) throw new Error(`the bug "${name}" fits ${file} in ${places} places, not in one`)
  return source.replace(find, () => replace)
}

/** A copy of the engine with one bug. It stands in this package, so that `effect` resolves, until `remove`. */
export const plant = async (
  bug: Bug
): Promise<{
  readonly start: typeof Exporter.start
  readonly shared: typeof OutboxMemory.makeShared
  readonly remove: () => void
}> => {
  const source = sourceWith(bug)
  const folder = mkdtempSync(join(here, ".planted-"))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    cpSync(core, folder, { recursive: true })
    writeFileSync(join(folder, bug.file), source)
    const { start } = await import(/* @vite-ignore */ pathToFileURL(join(folder, "engine/Engine.ts")).href)
    const { makeShared } = await import(
      /* @vite-ignore */ pathToFileURL(join(folder, "OutboxMemory.ts")).href
    )
    return { start, shared: makeShared, remove }
  } catch (cause) {
    remove()
    throw cause
  }
}
