/** What comes line by line, and what is posted. */
import { gzipSync } from "node:zlib"
import type { Random } from "../../packages/events-braze/src/internal/random.ts"
import * as Bytes from "./bytes.ts"
import * as Events from "./events.ts"
import type { Made } from "./input.ts"
import { hostile, isJson, isRefused, nonsense } from "./values.ts"

type Kind = (random: Random) => Made

const one = (random: Random) => Events.lines(random, 1)[0]!

export const lineKinds: ReadonlyArray<readonly [weight: number, name: string, make: Kind]> = [
  [
    10,
    "a bad event in a line",
    (random) => {
      const text = hostile(one(random), random)
      return { bytes: Buffer.from(text), ids: [], isHarmed: isRefused(text) }
    }
  ],
  [4, "nonsense in a line", (random) => ({ bytes: Buffer.from(random.pick(nonsense)), ids: [] })],
  [
    10,
    "a damaged line",
    (random) => {
      const bytes = Bytes.damage(Buffer.from(one(random).text), random)
      // One line stays one, so that it is clear which ones are its neighbours.
      return { bytes: Buffer.from(bytes.map((byte) => (byte === 10 || byte === 13 ? 32 : byte))), ids: [] }
    }
  ]
]

const envelope = (texts: ReadonlyArray<string>, random: Random) =>
  random.pick(["", "", "", "\ufeff", "\r\n"]) +
  random.pick([`{"events":[${texts.join(",")}]}`, `[${texts.join(",\n")}]`])

/** Plain, or as gzip. */
const dress = (random: Random, text: string): Pick<Made, "bytes" | "isGzip"> =>
  random.chance(0.6) ? { bytes: Buffer.from(text) } : { bytes: gzipSync(text), isGzip: true }

export const bodyKinds: ReadonlyArray<readonly [weight: number, name: string, make: Kind]> = [
  [
    12,
    "a bad event in a body",
    (random) => {
      const [victim, ...rest] = Events.lines(random, 1 + random.below(6))
      const bad = hostile(victim!, random)
      const texts = rest.map(({ text }) => text).toSpliced(random.below(rest.length + 1), 0, bad)
      return {
        ...dress(random, envelope(texts, random)),
        ids: isJson(bad) ? rest.map(({ id }) => id) : [],
        isHarmed: isRefused(bad)
      }
    }
  ],
  [4, "nonsense as a body", (random) => ({ ...dress(random, random.pick(nonsense)), ids: [] })],
  [
    6,
    "a damaged body",
    (random) => {
      const texts = Events.lines(random, 1 + random.below(6)).map(({ text }) => text)
      return { bytes: Bytes.damage(Buffer.from(envelope(texts, random)), random), ids: [] }
    }
  ],
  [
    4,
    "a damaged gzip body",
    (random) => {
      const texts = Events.lines(random, 1 + random.below(6)).map(({ text }) => text)
      return { bytes: Bytes.damage(gzipSync(envelope(texts, random)), random), ids: [], isGzip: true }
    }
  ],
  [
    0.05,
    "a crowded body",
    (random) => ({
      ...dress(random, `[${"{},".repeat(random.pick([19_000, 1_000_000, 4_000_000]))}{}]`),
      ids: []
    })
  ]
]
