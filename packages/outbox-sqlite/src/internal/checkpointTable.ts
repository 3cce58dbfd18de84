/** The table of checkpoints: how far each split is taken, and which splits are gone. */
import type { DatabaseSync } from "node:sqlite"
import type { Checkpoint, Split } from "@millrace/core/Intake"
import type { Appending, KnownSplit, Looks, SplitPage } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"
import { StoreFailure } from "./failure.ts"
import { query } from "./sql.ts"

/** The most checkpoints that are looked at in one go: less than a millisecond. */
const most = 500

/** Checkpoints by source and split, and on how many days each source was looked through. */
export interface CheckpointTable {
  readonly read: (source: string, split: Split) => Checkpoint | undefined
  /** Throws `Overtaken` where another has advanced it. */
  readonly advance: (source: string, to: NonNullable<Appending["advance"]>) => void
  readonly looks: (source: string) => Looks
  readonly looked: (source: string, at: number) => undefined
  readonly splits: (source: string, day: number, after: Split | undefined) => SplitPage
  readonly confirm: (source: string, splits: ReadonlyArray<Split>) => undefined
  readonly forget: (source: string, splits: ReadonlyArray<Split>, day: number) => number
}

export const make = (db: DatabaseSync): CheckpointTable => {
  const select = query<{ position: string }>(
    db,
    "select position from checkpoint where source = ? and split = ?"
  )
  const today = "coalesce((select days from look where source = ?1), 0)"
  const keep = query(
    db,
    `insert into checkpoint (source, split, position, day) values (?1, ?2, ?3, ${today})
     on conflict do update set position = excluded.position, day = excluded.day`
  )
  const selectLooks = query<Looks>(db, "select days, at from look where source = ?")
  const keepLooks = query(
    db,
    `insert into look (source, days, at) values (?, ?, ?)
     on conflict do update set days = excluded.days, at = excluded.at`
  )
  const selectFirst = query<KnownSplit>(
    db,
    `select split, day from checkpoint where source = ? order by split limit ${most}`
  )
  const selectMore = query<KnownSplit>(
    db,
    `select split, day from checkpoint where source = ? and split > ? order by split limit ${most}`
  )
  const confirm = query(db, `update checkpoint set day = ${today} where source = ?1 and split = ?2`)
  const drop = query(
    db,
    "delete from checkpoint where source = ? and split = ? and day <= ? returning 1 as gone"
  )

  const looks = (source: string): Looks => ({ days: 0, at: 0, ...selectLooks.get(source) })

  return {
    read: (source, split) => select.get(source, split)?.position,
    advance: (source, { split, after, to }) => {
      if (select.get(source, split)?.position !== after) throw new StoreFailure("Overtaken", "")
      keep.run(source, split, to)
    },
    looks,
    looked: (source, at) => {
      const after = OutboxRules.looked(looks(source), at)
      keepLooks.run(source, after.days, after.at)
    },
    splits: (source, day, after) => {
      const found = after === undefined ? selectFirst.all(source) : selectMore.all(source, after)
      const last = found.length < most ? undefined : found.at(-1)
      return {
        splits: found.filter((one) => one.day <= day).map(({ split, day }) => ({ split, day })),
        ...(last === undefined ? {} : { after: last.split })
      }
    },
    confirm: (source, splits) => {
      for (const split of splits) confirm.run(source, split)
    },
    forget: (source, splits, day) =>
      splits.filter((split) => drop.get(source, split, day) !== undefined).length
  }
}
