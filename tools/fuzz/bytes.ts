/** Damage to bytes of which nothing is known. */
import type { Random } from "../../packages/events-braze/src/internal/random.ts"

type Damage = (bytes: Buffer, random: Random) => Buffer

const range = (bytes: Buffer, random: Random): readonly [start: number, end: number] => {
  const start = random.below(bytes.length + 1)
  const most = random.chance(0.7) ? 16 : bytes.length
  return [start, Math.min(bytes.length, start + random.below(most))]
}

const interesting = [0, 1, 0x0a, 0x0d, 0x1f, 0x22, 0x5b, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xfe, 0xff]

const flip: Damage = (bytes, random) => {
  for (let left = 1 + random.below(8); left > 0 && bytes.length > 0; left--) {
    const at = random.below(bytes.length)
    bytes[at] = bytes[at]! ^ (1 << random.below(8))
  }
  return bytes
}

const overwrite: Damage = (bytes, random) => {
  const [start, end] = range(bytes, random)
  return bytes.fill(random.pick(interesting), start, end)
}

const remove: Damage = (bytes, random) => {
  const [start, end] = range(bytes, random)
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)])
}

const repeat: Damage = (bytes, random) => {
  const [start, end] = range(bytes, random)
  const times = 1 + random.below(3)
  const part = bytes.subarray(start, end)
  return Buffer.concat([bytes.subarray(0, start), ...Array(times).fill(part), bytes.subarray(start)])
}

/** A piece of it put somewhere else. */
const splice: Damage = (bytes, random) => {
  const [start, end] = range(bytes, random)
  const at = random.below(bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(start, end), bytes.subarray(at)])
}

const insert: Damage = (bytes, random) => {
  const at = random.below(bytes.length + 1)
  const noise = Buffer.from(Array.from({ length: 1 + random.below(12) }, () => random.pick(interesting)))
  return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)])
}

const cut: Damage = (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1))

const damages = [flip, flip, overwrite, remove, repeat, splice, insert, cut]

/** One to four damages, one after the other. */
export const damage = (bytes: Buffer, random: Random): Buffer => {
  let harmed: Buffer = Buffer.from(bytes)
  for (let left = 1 + random.below(4); left > 0; left--) harmed = random.pick(damages)(harmed, random)
  return harmed
}
