/** The checkpoints of an outbox in memory, by source and split. */
import type { Checkpoint, Split } from "../Intake.ts"
import type { KnownSplit, Looks } from "../Outbox.ts"
import * as OutboxRules from "../OutboxRules.ts"

interface Kept {
  readonly checkpoint: Checkpoint
  readonly day: number
}

interface OfSource {
  looks: Looks
  readonly bySplit: Map<Split, Kept>
}

export const make = () => {
  const sources = new Map<string, OfSource>()

  const of = (source: string): OfSource => {
    const found = sources.get(source) ?? { looks: { days: 0, at: 0 }, bySplit: new Map<Split, Kept>() }
    sources.set(source, found)
    return found
  }

  return {
    get: (source: string, split: Split): Checkpoint | undefined =>
      sources.get(source)?.bySplit.get(split)?.checkpoint,
    set: (source: string, split: Split, checkpoint: Checkpoint): void => {
      const { looks, bySplit } = of(source)
      bySplit.set(split, { checkpoint, day: looks.days })
    },
    looks: (source: string): Looks => of(source).looks,
    looked: (source: string, at: number): void => {
      const found = of(source)
      found.looks = OutboxRules.looked(found.looks, at)
    },
    splits: (source: string, day: number): ReadonlyArray<KnownSplit> =>
      [...of(source).bySplit].flatMap(([split, kept]) => (kept.day > day ? [] : [{ split, day: kept.day }])),
    confirm: (source: string, splits: ReadonlyArray<Split>): void => {
      const { looks, bySplit } = of(source)
      for (const split of splits) {
        const kept = bySplit.get(split)
        if (kept !== undefined) bySplit.set(split, { ...kept, day: looks.days })
      }
    },
    forget: (source: string, splits: ReadonlyArray<Split>, day: number): number => {
      const { bySplit } = of(source)
      return splits.filter((split) => (bySplit.get(split)?.day ?? Infinity) <= day && bySplit.delete(split))
        .length
    }
  }
}
