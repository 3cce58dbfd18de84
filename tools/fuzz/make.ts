/** The input of a seed: always the same. */
import * as Random from "../../packages/events-braze/src/internal/random.ts"
import * as AvroFiles from "./avroFiles.ts"
import * as Bytes from "./bytes.ts"
import type { Input, Made } from "./input.ts"
import * as LineFiles from "./lineFiles.ts"
import { bodyKinds, lineKinds } from "./posts.ts"

type Kinds = ReadonlyArray<readonly [weight: number, name: string, make: (random: Random.Random) => Made]>

const choose = (kinds: Kinds, random: Random.Random) => {
  let left = random.next() * kinds.reduce((sum, [weight]) => sum + weight, 0)
  for (const kind of kinds) {
    left -= kind[0]
    if (left < 0) return kind
  }
  return kinds[0]!
}

const files: Kinds = [...AvroFiles.kinds, ...LineFiles.kinds]
const kindsOf = { file: files, line: lineKinds, body: bodyKinds }

/** Damage to a file whose kind is drawn first: nothing is known of what it then holds. */
const damagedFile = (random: Random.Random): readonly [string, Made] => {
  const [, name, make] = choose(files, random)
  const { bytes, ending = "", block = 0 } = make(random)
  return [`${name}, damaged`, { bytes: Bytes.damage(bytes, random), ids: [], ending, block }]
}

export const make = (seed: number): Input => {
  const random = Random.make(seed, 11)
  const draw = random.next()
  if (draw < 0.25) {
    const [kind, made] = damagedFile(random)
    return { seed, kind, way: "file", ...made }
  }
  const way = draw < 0.65 ? "file" : draw < 0.8 ? "line" : "body"
  const [, kind, build] = choose(kindsOf[way], random)
  return { seed, kind, way, ...build(random) }
}
