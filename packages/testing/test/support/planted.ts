import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import type * as Exporter from "@millrace/core/Exporter"
import type { Simulation } from "@millrace/testing"

/** A bug as a change of the engine's source; `find` must occur in the file exactly once. */
export interface Bug {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** The promise that the simulation must see broken. */
  readonly breaks: ReadonlyArray<Simulation.Violation["promise"]>
}

/** Written to be as quiet as possible: most go unnoticed until a fault or a crash comes at the right moment. */
export const bugs: ReadonlyArray<Bug> = [
  {
    name: "events are acknowledged before they are sent",
    file: "engine/Lane.ts",
    find: "const exit = yield* deliver(held.connection, batch.items)",
    replace: `
        const early = { delivered: batch.items, dead: [], again: [] }
        yield* settle(Settlements.ofVerdict(batch, early, 0))
        const exit = yield* deliver(held.connection, batch.items)`,
    breaks: ["at-least-once"]
  },
  {
    name: "the checkpoint is stored before the events",
    file: "engine/Appends.ts",
    find: "const sequences = yield* outbox.append(entry)",
    replace: `
            yield* outbox.append({ ...entry, parcels: [], buried: [], counts: [] })
            const sequences = yield* outbox.append({ ...entry, advance: undefined })`,
    breaks: ["at-least-once", "conservation"]
  },
  {
    name: "a lane may fill more than its share",
    file: "engine/LaneShare.ts",
    find: "bytes += added",
    replace: "bytes = Math.max(bytes, added)",
    breaks: ["bounds"]
  },
  {
    name: "a missing outcome counts as success",
    file: "engine/Verdict.ts",
    find: `outcomes.values[i] ?? { _tag: "Retry", reason: "no-answer" }`,
    replace: `outcomes.values[i] ?? { _tag: "Delivered" }`,
    breaks: ["at-least-once"]
  },
  {
    name: "the time of the next attempt is kept in memory only",
    file: "engine/Lane.ts",
    find: "if (health.gate !== before) yield* outbox.setGate(key, health.gate)",
    replace: "if (health.gate.open !== before.open) yield* outbox.setGate(key, health.gate)",
    breaks: ["waits"]
  },
  {
    name: "message ids derive from the clock",
    file: "engine/Lane.ts",
    find: "batchOf(key.lane, items, body, envelope)",
    replace: `batchOf(
      key.lane, items.map((item) => ({ ...item, id: item.id + "@" + health.lastSuccess })), body, envelope
    )`,
    breaks: ["stable-ids"]
  },
  {
    name: "lanes share their permits",
    file: "engine/Lane.ts",
    find: "const exit = yield* deliver(held.connection, batch.items)",
    replace: `
        while (shared.taken) yield* Effect.sleep(100)
        shared.taken = true
        const exit = yield* deliver(held.connection, batch.items)
        shared.taken = false`,
    breaks: ["isolation"]
  },
  {
    name: "a later event of a user overtakes one that is tried again",
    file: "engine/Lane.ts",
    find: "memory.batches.release(verdict.delivered)",
    replace: "memory.batches.release([...verdict.delivered, ...verdict.again.flatMap(({ items }) => items)])",
    breaks: ["order"]
  },
  {
    name: "a client is answered before its events are durable",
    file: "engine/Door.ts",
    find: "store: (planned) => stored({ isAlone: false, ask: (now) => Effect.succeed(toAppend(planned, now)) }),",
    replace: `store: (planned) => {
      const storing = stored({ isAlone: false, ask: (now) => Effect.succeed(toAppend(planned, now)) })
      return planned.entry.advance === undefined ? Effect.forkDetach(storing) : storing
    },`,
    breaks: ["at-least-once", "conservation"]
  },
  {
    name: "the halves of a refused group are overtaken by what came after it",
    file: "engine/Lane.ts",
    find: "memory.batches.replace(verdict.halve, composed.items)",
    replace: "memory.batches.release(verdict.halve); memory.batches.push(composed.items)",
    breaks: ["order"]
  },
  {
    name: "a message that was too large is sent after those that followed it",
    file: "engine/Compose.ts",
    find: "items.sort((a, b) => a.parcel - b.parcel || a.position - b.position)",
    replace: "",
    breaks: ["order"]
  },
  {
    name: "an event that ends while its group is formed is told too late",
    file: "engine/Lane.ts",
    find: `unsettled--
      yield* tell`,
    replace: "unsettled--",
    breaks: ["settling", "isolation"]
  },
  {
    name: "the copies of an event that a client repeated share a composition",
    file: "engine/Compose.ts",
    find: "[event.id, members[index]!.parcel, members[index]!.position]",
    replace: "event.id",
    breaks: ["stable-ids"]
  },
  {
    name: "what waited while the exporter was down expires before it is tried",
    file: "engine/Retention.ts",
    find: "if (appendedAt > since) return due",
    replace: "if (due > 0) return due",
    breaks: ["at-least-once"]
  }
]

const core = fileURLToPath(new URL("../../../core/src", import.meta.url))
const here = fileURLToPath(new URL("../..", import.meta.url))

/** A copy of the engine with one bug. It stands in this package, so that `effect` resolves, until `remove`. */
export const plant = async (
  bug: Bug
): Promise<{ readonly start: typeof Exporter.start; readonly remove: () => void }> => {
  const folder = mkdtempSync(join(here, ".planted-"))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    cpSync(core, folder, { recursive: true })
    const path = join(folder, bug.file)
    const source = readFileSync(path, "utf8")
    const places = source.split(bug.find).length - 1
    if (places !== 1)
      throw new Error(`the bug "${bug.name}" fits ${bug.file} in ${places} places, not in one`)
    writeFileSync(
      path,
      source.replace(bug.find, () => bug.replace)
    )
    const { start } = await import(/* @vite-ignore */ pathToFileURL(join(folder, "engine/Engine.ts")).href)
    return { start, remove }
  } catch (cause) {
    remove()
    throw cause
  }
}
