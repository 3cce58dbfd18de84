import { assert, describe, it } from "@effect/vitest"
import * as Journeys from "../src/journeys.ts"

interface Event {
  readonly event_type: string
  readonly id: string
  readonly user: { readonly external_user_id: string }
  readonly properties: { readonly [field: string]: unknown }
}

const eventsOf = (text: string): ReadonlyArray<Event> =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))

const { events, files } = Journeys.upload(3, 400)
const all = [...files.values()].flatMap(eventsOf)

describe("the sample for grouping", () => {
  it("each user has three events or more, of two types at least", () => {
    const byUser = Map.groupBy(all, ({ user }) => user.external_user_id)
    assert.strictEqual(byUser.size, 400)
    for (const own of byUser.values()) {
      assert.isAtLeast(own.length, 3)
      assert.isAtLeast(new Set(own.map(({ event_type }) => event_type)).size, 2)
    }
  })

  it("each file holds one event type, as Currents writes them", () => {
    assert.isAbove(files.size, 10)
    for (const [path, text] of files)
      assert.isTrue(
        eventsOf(text).every(({ event_type }) => path.startsWith(`event_type=${event_type}/date=`))
      )
  })

  it("a person's address and device are the same in all events that have them", () => {
    for (const own of Map.groupBy(all, ({ user }) => user.external_user_id).values())
      for (const field of ["email_address", "device_model", "ad_id", "platform", "app_id"]) {
        const values = new Set(own.flatMap(({ properties }) => properties[field] ?? []))
        assert.isAtMost(values.size, 1, field)
      }
  })

  it("is the same every time, and other users stand in the next upload", () => {
    assert.deepStrictEqual(Journeys.upload(3, 400).files, files)
    const users = ({ files }: Journeys.Upload) =>
      new Set([...files.values()].flatMap(eventsOf).map(({ user }) => user.external_user_id))
    const others = users(Journeys.upload(4, 400))
    assert.isFalse([...users({ files, events })].some((user) => others.has(user)))
    assert.strictEqual(new Set(all.map(({ id }) => id)).size, events)
  })
})
