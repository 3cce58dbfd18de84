/** Sample events: as lines, and as the blocks of Avro containers. Ids of different seeds differ. */

import type { TypeName } from "../../packages/events-braze/src/Braze.ts"
import { isTypeName, typeNames } from "../../packages/events-braze/src/Braze.ts"
import type { Random } from "../../packages/events-braze/src/internal/random.ts"
import * as Sample from "../../packages/events-braze/src/Sample.ts"
import * as SourceAvro from "../../packages/source-files/test/support/avro.ts"

const types = [...typeNames].filter(isTypeName)

/** Every feed gets some of these, and none is skipped. */
const plain: ReadonlyArray<TypeName> = ["users.messages.email.Open", "users.canvas.Entry"]

export interface Line {
  readonly id: string
  readonly event: { readonly [field: string]: unknown }
  readonly text: string
}

export const lines = (random: Random, count: number, among: ReadonlyArray<TypeName> = types): Array<Line> => {
  const sample = Sample.make({ seed: random.below(2 ** 32), users: 20 })
  return Array.from({ length: count }, (_, index) => {
    const event = Sample.toCustomHttp(sample.event(random.pick(among), index, Sample.time))
    return { id: String(event["id"]), event, text: JSON.stringify(event) }
  })
}

/** Events that any destination takes: of a known user, with nothing that could be refused. */
export const neighbours = (random: Random, count: number): ReadonlyArray<Line> =>
  lines(random, count, plain).map(({ id, event }) => {
    const known = { ...event, user: { user_id: `user-${id}`, external_user_id: `customer-${id}` } }
    return { id, event: known, text: JSON.stringify(known) }
  })

export interface Container extends SourceAvro.Contents {
  /** The ids of each block's events. */
  readonly ids: ReadonlyArray<ReadonlyArray<string>>
}

/** A container of a few small blocks. */
export const container = (random: Random, among: ReadonlyArray<TypeName> = types): Container => {
  const contents = SourceAvro.sample(
    2 + random.below(8),
    1 + random.below(4),
    random.pick(among),
    random.below(2 ** 31)
  )
  return {
    ...contents,
    ids: contents.blocks.map((block) =>
      SourceAvro.eventsOf({ ...contents, blocks: [block] }).map(({ id }) => id)
    )
  }
}

export const codec = (random: Random): SourceAvro.Codec => random.pick(["null", "deflate", "snappy"])
export const { block, file, header, long } = SourceAvro
