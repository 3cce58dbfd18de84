/** Files of lines: in every form that can be read, cut off, packed with something behind it, and with bad events. */
import { gzipSync } from "node:zlib"
import type { Random } from "../../packages/events-braze/src/internal/random.ts"
import * as Bytes from "./bytes.ts"
import * as Events from "./events.ts"
import type { Made } from "./input.ts"
import { hostile, isJson, isRefused, nonsense } from "./values.ts"

type Kind = (random: Random) => Made

const some = (random: Random) => Events.lines(random, 2 + random.below(8))
const idsOf = (lines: ReadonlyArray<Events.Line>) => lines.map(({ id }) => id)
const textOf = (lines: ReadonlyArray<Events.Line>, end = "\n") => lines.map(({ text }) => text + end).join("")
/** As a file of that text, packed or not. */
const dress = (random: Random, text: string): Pick<Made, "bytes" | "ending"> =>
  random.chance(0.6)
    ? { bytes: Buffer.from(text), ending: random.pick([".ndjson", ".json", ".jsonl"]) }
    : { bytes: gzipSync(text), ending: ".ndjson.gz" }

const forms: ReadonlyArray<(lines: ReadonlyArray<Events.Line>) => string> = [
  (lines) => textOf(lines, "\r"),
  (lines) => textOf(lines, "\r\n"),
  (lines) => textOf(lines, ""),
  (lines) => textOf(lines, "\n\n"),
  (lines) => textOf(lines, " \t\n"),
  (lines) => textOf(lines).trimEnd(),
  (lines) => `\ufeff${textOf(lines)}`,
  (lines) => lines.map(({ event }) => `${JSON.stringify(event, undefined, 2)}\n`).join(""),
  (lines) =>
    lines.map(({ event }) => JSON.stringify(event, undefined, "\t").replaceAll("\n", "\r\n")).join("\r\n"),
  (lines) => `\ufeff${JSON.stringify({ events: lines.map(({ event }) => event) }, undefined, 4)}`,
  (lines) => JSON.stringify({ events: lines.map(({ event }) => event) })
]

const form: Kind = (random) => {
  const lines = some(random)
  return { ...dress(random, random.pick(forms)(lines)), ids: idsOf(lines), isClean: true }
}

/** Two forms, one after the other. */
const mixed: Kind = (random) => {
  const [first, second] = [some(random), some(random)]
  const text = `${random.pick(forms)(first)}\n${random.pick(forms)(second).replace("\ufeff", "")}`
  return { ...dress(random, text), ids: idsOf([...first, ...second]), isClean: true }
}

const cutOff: Kind = (random) => {
  const lines = some(random)
  const text = Buffer.from(textOf(lines))
  const last = Buffer.byteLength(textOf(lines.slice(0, -1)))
  const cut = last + 1 + random.below(text.length - last - 2)
  return { bytes: text.subarray(0, cut), ids: idsOf(lines.slice(0, -1)), ending: ".ndjson", isHarmed: true }
}

const cutOffGzip: Kind = (random) => {
  const bytes = gzipSync(textOf(some(random)))
  return {
    bytes: bytes.subarray(0, 12 + random.below(bytes.length - 13)),
    ids: [],
    ending: ".ndjson.gz",
    isHarmed: true
  }
}

const tails = [
  "\n",
  "\0",
  "\0".repeat(512),
  "\0".repeat(10_240),
  "text",
  '{"id":1}\n',
  "\x1f\x8b",
  "\x1f",
  "Obj\x01",
  " ".repeat(70_000)
]

/** Whole gzip members with something between or behind them that is none. */
const behindGzip: Kind = (random) => {
  const [first, second] = [some(random), some(random)]
  const parts = [gzipSync(textOf(first)), Buffer.from(random.pick(tails), "latin1")]
  const isBetween = random.chance(0.5)
  if (isBetween) parts.push(gzipSync(textOf(second)))
  return {
    bytes: Buffer.concat(parts),
    ids: idsOf(isBetween ? [...first, ...second] : first),
    ending: ".ndjson.gz",
    isHarmed: true
  }
}

/** A damaged member between whole ones. */
const damagedMember: Kind = (random) => {
  const lines = some(random)
  const bytes = Buffer.concat([gzipSync(textOf(lines)), Bytes.damage(gzipSync(textOf(some(random))), random)])
  return { bytes, ids: idsOf(lines), ending: ".ndjson.gz" }
}

/** One event, or a whole line, that cannot be right among those that are. */
const badEvent: Kind = (random) => {
  const [victim, ...rest] = some(random)
  const isEvent = random.chance(0.75)
  const bad = isEvent ? hostile(victim!, random) : random.pick(nonsense)
  const at = random.below(rest.length + 1)
  const texts = rest.map(({ text }) => text).toSpliced(at, 0, bad)
  const isEnvelope = random.chance(0.3) && isJson(bad)
  const text = isEnvelope ? `{"events":[${texts.join(",")}]}` : `${texts.join("\n")}\n`
  return { ...dress(random, text), ids: idsOf(rest), isHarmed: isEvent && isRefused(bad) }
}

/** A line, or an envelope, with far more items than anybody sends. */
const crowded: Kind = (random) => {
  const lines = some(random)
  const item = random.pick(["{},", "[],", "0,"])
  const text = `{"events":[${item.repeat(random.pick([30_000, 1_000_000, 2_500_000]))}{}]}\n${textOf(lines)}`
  return { ...dress(random, text), ids: idsOf(lines), isHarmed: true }
}

const noise: Kind = (random) => ({
  bytes: Buffer.from(random.hex(2 * random.below(3000)), "hex"),
  ids: [],
  ending: random.pick([".ndjson", ".json", ".avro", ".avro.gz", ".ndjson.gz"])
})

export const kinds: ReadonlyArray<readonly [weight: number, name: string, make: Kind]> = [
  [60, "lines in another form", form],
  [30, "lines in two forms", mixed],
  [30, "a last line cut off", cutOff],
  [15, "packed lines cut off", cutOffGzip],
  [50, "bytes beside gzip members", behindGzip],
  [20, "a damaged gzip member", damagedMember],
  [160, "a bad event in a file", badEvent],
  [0.4, "a crowded line", crowded],
  [10, "noise", noise]
]
