/**
 * Groups turned into messages. A composition is stored before its first attempt, so that after a crash the same
 * events go out under the same id; one that the remote refuses is replaced by its halves.
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Opened } from "../../Destination.ts"
import type { Event } from "../../Event.ts"
import type { Composition, LaneKey, Outbox, OutboxError } from "../../Outbox.ts"
import * as Fenced from "./Fenced.ts"
import type { Formed } from "./Groups.ts"
import type * as Item from "./Item.ts"
import * as MessageBuffer from "./MessageBuffer.ts"
import { none, type OwnTrack } from "./OwnTrack.ts"
import { prepareOne } from "./Prepare.ts"
import * as Sheet from "./Sheet.ts"

interface Draft {
  readonly composition: Composition
  readonly events: readonly [Event, ...ReadonlyArray<Event>]
  readonly own: OwnTrack
  readonly slot: number
  readonly attempts: number
}

export interface Composed {
  readonly items: ReadonlyArray<Item.Item>
  readonly dead: ReadonlyArray<Item.Dead>
}

/**
 * An id that the same stored events in the same order always have. Where they are stored is part of it: an event that
 * a client had to repeat is stored twice, and its copies may leave in equal compositions.
 */
const idOf = (events: ReadonlyArray<Event>, members: ReadonlyArray<Item.Member>): string =>
  createHash("sha256")
    .update(
      JSON.stringify(
        events.map((event, index) => [event.id, members[index]!.parcel, members[index]!.position])
      )
    )
    .digest("hex")
    .slice(0, 32)

const isFilled = (events: ReadonlyArray<Event>): events is readonly [Event, ...ReadonlyArray<Event>] =>
  events.length > 0

const draft = (
  events: ReadonlyArray<Event>,
  members: ReadonlyArray<Item.Member>,
  { own, slot, attempts }: Pick<Draft, "own" | "slot" | "attempts">,
  stored?: string
): ReadonlyArray<Draft> =>
  isFilled(events)
    ? [{ composition: { id: stored ?? idOf(events, members), members }, events, own, slot, attempts }]
    : []

const fromFormed = ({ events, stored }: Formed): ReadonlyArray<Draft> =>
  draft(
    events.map(({ event }) => event),
    stored?.members ?? events.map(({ parcel, position }) => ({ parcel, position })),
    { own: events[0]?.own ?? none, slot: events[0]?.slot ?? -1, attempts: 0 },
    stored?.id
  )

const halves = (
  events: ReadonlyArray<Event>,
  members: ReadonlyArray<Item.Member>,
  of: Pick<Draft, "own" | "slot" | "attempts">
) => {
  const middle = Math.ceil(events.length / 2)
  return [
    ...draft(events.slice(0, middle), members.slice(0, middle), of),
    ...draft(events.slice(middle), members.slice(middle), of)
  ]
}

export interface Composer {
  readonly form: (formed: ReadonlyArray<Formed>) => Effect.Effect<Composed, OutboxError>
  readonly halve: (items: ReadonlyArray<Item.Item>) => Effect.Effect<Composed, OutboxError>
  /**
   * A message of the events that are left of one. Nothing is stored for it: what is left of a composition is known by what is
   * settled, and settled it must be by now.
   */
  readonly renew: (left: Item.Item) => Effect.Effect<Composed, OutboxError>
}

export const make = (outbox: Outbox["Service"], lane: LaneKey, opened: Opened): Composer => {
  const buffer = MessageBuffer.make()

  const prepare = (drafts: ReadonlyArray<Draft>) => {
    const items: Array<Item.Item> = []
    const dead: Array<Item.Dead> = []
    const tooLarge: Array<Draft> = []
    for (const entry of drafts) {
      const { composition, events, own, slot, attempts } = entry
      const message = prepareOne(opened, lane.lane, events, buffer)
      const position = {
        id: composition.id,
        start: 0,
        end: 0,
        meta: undefined,
        ...(Result.isSuccess(message) ? message.success : {})
      }
      const first = composition.members[0]!
      const item: Item.Item = {
        ...position,
        sheet: Sheet.empty,
        slot,
        parcel: first.parcel,
        position: first.position,
        own,
        attempts,
        group: { id: composition.id, members: composition.members, events }
      }
      if (Result.isSuccess(message)) items.push(item)
      else if (events.length > 1) tooLarge.push(entry)
      else dead.push({ item, ...message.failure })
    }
    const sheet = buffer.take(items.length)
    for (const item of items) item.sheet = sheet
    return { items, dead, tooLarge }
  }

  /** Stores those of each track by its lease; yields those that the instance may still speak for. */
  const store = Effect.fnUntraced(function* (
    fresh: ReadonlyArray<Draft>,
    replaces: ReadonlyArray<Draft["composition"]["id"]>
  ) {
    for (const [own, drafts] of Map.groupBy(fresh, ({ own }) => own)) {
      yield* Fenced.write(
        own,
        undefined,
        outbox.compose(
          { ...lane, track: own.track },
          drafts.map(({ composition }) => composition),
          replaces,
          own.token
        )
      )
    }
    return fresh.filter(({ own }) => !own.isLost)
  })

  const compose = Effect.fnUntraced(function* (
    stored: ReadonlyArray<Draft>,
    fresh: ReadonlyArray<Draft>,
    replaced: ReadonlyArray<string>
  ) {
    const items: Array<Item.Item> = []
    const dead: Array<Item.Dead> = []
    let kept = stored
    let unstored = fresh
    let replaces = replaced
    while (kept.length + unstored.length > 0) {
      const prepared = prepare([...kept, ...(yield* store(unstored, replaces))])
      items.push(...prepared.items)
      dead.push(...prepared.dead)
      replaces = prepared.tooLarge.map(({ composition }) => composition.id)
      unstored = prepared.tooLarge.flatMap((entry) => halves(entry.events, entry.composition.members, entry))
      kept = []
    }
    // In the order of append: the parts of a message that was too large are made after messages that follow it.
    items.sort((a, b) => a.parcel - b.parcel || a.position - b.position)
    return { items, dead }
  })

  return {
    form: (formed) =>
      compose(
        formed.filter(({ stored }) => stored !== undefined).flatMap(fromFormed),
        formed.filter(({ stored }) => stored === undefined).flatMap(fromFormed),
        []
      ),
    halve: (items) =>
      compose(
        [],
        items.flatMap((item) =>
          item.group === undefined ? [] : halves(item.group.events, item.group.members, item)
        ),
        items.flatMap(({ group }) => (group === undefined ? [] : [group.id]))
      ),
    renew: (item) =>
      compose(
        item.group === undefined ? [] : draft(item.group.events, item.group.members, item, item.group.id),
        [],
        []
      )
  }
}
