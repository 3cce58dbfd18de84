/** The folder, open: writes each part of a batch as a file that appears whole or not at all. */
import { rename } from "node:fs/promises"
import { join } from "node:path"
import type { Connection } from "@millrace/core/Destination"
import { lines } from "@millrace/core/Message"
import { DeliveryError, delivered, type Outcome, Outcomes, type Retry } from "@millrace/core/Outcome"
import * as Effect from "effect/Effect"
import * as Answer from "../Answer.ts"
import * as Disk from "./disk.ts"
import * as Folders from "./folders.ts"
import type { Format } from "./format.ts"
import * as Names from "./names.ts"
import { type Part, partsOf } from "./parts.ts"
import * as Temporary from "./temporary.ts"

/** Files of one batch written at once: mostly they wait for the disk. */
const abreast = 4

export const connect = Effect.fnUntraced(function* (
  root: string,
  { encode, extension }: Format
): Effect.fn.Return<Connection<string>> {
  const folders = Folders.under(root)
  const temporary = yield* Temporary.under(root)
  const names = Names.make()

  /**
   * Calls `use` with a new file of these contents, and removes it when that fails or is given up: what was still to be
   * renamed then cannot appear any more.
   */
  const withFile = (contents: Uint8Array, use: (path: string) => Effect.Effect<void, unknown>) =>
    Effect.suspend(() => {
      const path = temporary.next()
      return folders.make(temporary.folder).pipe(
        Effect.andThen(Temporary.write(path, contents)),
        Effect.andThen(use(path)),
        Effect.onError(() => {
          folders.doubt(temporary.folder)
          return Effect.ignore(Temporary.remove(path))
        })
      )
    })

  const place = (folder: string, name: string) => (path: string) =>
    folders.make(folder).pipe(
      Effect.andThen(Disk.attempt(() => rename(path, join(folder, name)))),
      Effect.andThen(Folders.sync(folder)),
      Effect.onError(() => Effect.sync(() => folders.doubt(folder)))
    )

  const write = (part: Part): Effect.Effect<Outcome> =>
    Effect.promise(async () => encode(part.lines)).pipe(
      Effect.flatMap((contents) =>
        withFile(contents, place(join(root, part.folder), `${names.next(part)}.${extension}`))
      ),
      Effect.match({ onSuccess: () => delivered, onFailure: (cause) => Answer.outcome(root, cause) })
    )

  yield* temporary.sweep
  return {
    envelope: lines,
    deliver: Effect.fnUntraced(function* (batch) {
      yield* temporary.sweep
      const parts = partsOf(batch)
      const verdicts = yield* Effect.forEach(parts, write, { concurrency: abreast })
      const [failure, ...others] = verdicts.filter(isRetry)
      if (failure !== undefined && others.length + 1 === parts.length) {
        return yield* new DeliveryError({ outcome: failure })
      }
      for (const [index, part] of parts.entries()) if (!isRetry(verdicts[index]!)) names.written(part)
      const byPosition = new Map(
        parts.flatMap(({ positions }, index) => positions.map((position) => [position, verdicts[index]!]))
      )
      return Outcomes.each(batch, (_, position) => byPosition.get(position)!)
    }),
    check: Effect.mapError(
      withFile(probe, Temporary.remove),
      (cause) => new DeliveryError({ outcome: Answer.outcome(root, cause) })
    )
  }
})

const probe = new TextEncoder().encode("written by a check, to be removed\n")

const isRetry = (outcome: Outcome): outcome is Retry => outcome._tag === "Retry"
