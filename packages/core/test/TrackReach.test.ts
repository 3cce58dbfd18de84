/** How far a lane's memory reaches into a track that others store in, too. */
import { assert, describe, it } from "@effect/vitest"
import * as TrackReach from "../src/engine/lane/TrackReach.ts"
import * as OwnTrack from "../src/engine/message/OwnTrack.ts"

const most = 1000
const reach = (isBehind = false) =>
  TrackReach.make(OwnTrack.make(0, { token: 1, isSure: () => true }), isBehind)
const own = (sequence: number, after = 0) => ({ sequence, after })

describe("a track's reach", () => {
  it("takes its own parcels as they come", () => {
    const track = reach()
    assert.deepStrictEqual(
      [1, 4, 9].map((sequence) => TrackReach.offer(track, own(sequence), 10, true)),
      [true, true, true]
    )
    assert.deepInclude(track, { cursor: 9, isLagging: false })
  })

  it("reads back what another stored before its own, and its own behind that", () => {
    const track = reach()
    TrackReach.offer(track, own(1), 10, true)
    assert.isFalse(TrackReach.offer(track, own(3, 2), 10, true))
    assert.deepInclude(track, { cursor: 1, newest: 3, isLagging: true, behind: 10 })
    // It was told of that one already: there is no gap.
    track.cursor = 3
    TrackReach.readBack(track, 0, most)
    assert.isTrue(TrackReach.offer(track, own(5, 2), 10, true))
  })

  it("passes over a parcel that was read back before it was told of", () => {
    const track = reach(true)
    track.cursor = 7
    assert.isFalse(TrackReach.offer(track, own(7), 10, true))
    assert.strictEqual(track.newest, 0)
  })

  it("is up with the store when it reads nothing more, and was told of nothing meanwhile", () => {
    const track = reach(true)
    TrackReach.readBack(track, 900, most)
    assert.isTrue(track.isLagging)
    TrackReach.lag(track)
    TrackReach.readBack(track, 0, most)
    assert.isTrue(track.isLagging)
    track.isTold = false
    TrackReach.readBack(track, 0, most)
    assert.isFalse(track.isLagging)
  })

  it("knows by how much it lags while it reads back no more than it was told of", () => {
    const track = reach()
    for (const sequence of [1, 2, 3]) TrackReach.offer(track, own(sequence, sequence - 1), 600, false)
    TrackReach.readBack(track, 700, most)
    assert.strictEqual(track.behind, 1100)
    TrackReach.offer(track, own(4, 3), 100, false)
    assert.strictEqual(track.behind, 1200)
    // What others stored is not known in advance, and more may follow.
    TrackReach.readBack(track, 1201, most)
    assert.strictEqual(track.behind, Infinity)
    TrackReach.readBack(track, 400, most)
    assert.strictEqual(track.behind, 0)
  })

  it("lags with what was not prepared", () => {
    const track = reach()
    assert.isFalse(TrackReach.offer(track, own(1), 10, false))
    assert.isTrue(track.isLagging)
  })
})
