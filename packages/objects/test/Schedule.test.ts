import { describe, expect, it } from "@effect/vitest"
import { type ObjectKey, Schedule } from "@millrace/objects"

const minute = 60_000
const hour = 60 * minute
const start = Date.UTC(2026, 10, 29, 0, 30)
const pace: Schedule.Pace = { interval: minute, isTold: false }

const seriesAt = (index: number): ObjectKey.Series => ({
  folder: `c/event_type=${index}/`,
  spelling: "date=",
  isDaily: false
})

const known = (count: number, part: Partial<Schedule.Known> = {}): Schedule.Known => ({
  allAt: start,
  allCalls: 20,
  hasOthers: false,
  foldersAt: start,
  series: new Map(
    Array.from({ length: count }, (_, index) => {
      const series = seriesAt(index)
      return [series.folder, { series, recentAt: start, lateAt: start, newsAt: Number.NEGATIVE_INFINITY }]
    })
  ),
  ...part
})

/** Lives for some hours as discovery does, with something new each minute in the first `busy` series; counts requests. */
const live = (hours: number, shape: Schedule.Shape, given: Schedule.Pace = pace) => {
  let state = known(shape.busy + shape.quiet)
  const calls = { all: 0, folders: 0, recent: 0, late: 0 }
  for (let now = start; now < start + hours * hour; ) {
    for (const one of Schedule.due(state, given, now)) {
      if (one._tag === "All") {
        calls.all += Math.ceil(shape.objects / 1000)
        const series = [...state.series].map(
          ([folder, before]) => [folder, { ...before, recentAt: now, lateAt: now }] as const
        )
        state = { ...state, allAt: now, foldersAt: now, series: new Map(series) }
      } else if (one._tag === "Folders") {
        calls.folders += shape.folders
        state = { ...state, foldersAt: now }
      } else {
        calls[one.isLate ? "late" : "recent"]++
        const { folder } = one.series
        const before = state.series.get(folder)!
        const isBusy = Number(/\d+/.exec(folder)) < shape.busy
        const after = {
          ...before,
          recentAt: now,
          lateAt: one.isLate ? now : before.lateAt,
          newsAt: isBusy ? now : before.newsAt
        }
        state = { ...state, series: new Map([...state.series, [folder, after]]) }
      }
    }
    now = Math.max(now + 1, Schedule.nextDueAt(state, given, now))
  }
  return { ...calls, total: calls.all + calls.folders + calls.recent + calls.late }
}

describe("when to list", () => {
  it("a store of which nothing is known is listed as a whole", () => {
    expect(Schedule.due(Schedule.unknown, pace, start)).toEqual([{ _tag: "All" }])
  })

  it("the requests of a day stay within the formula, and come near it", () => {
    for (const shape of [
      { busy: 40, quiet: 0, folders: 2, objects: 20_000 },
      { busy: 10, quiet: 30, folders: 2, objects: 20_000 },
      { busy: 0, quiet: 40, folders: 2, objects: 200_000 }
    ]) {
      const { total } = live(24, shape)
      const most = 24 * Schedule.requestsAnHour(shape, minute)
      expect(total).toBeLessThanOrEqual(most)
      expect(total).toBeGreaterThan(0.7 * most)
    }
  })

  it("figures of the README", () => {
    const shape = { busy: 40, quiet: 0, folders: 2, objects: 20_000 }
    expect(Math.round(Schedule.requestsAnHour(shape, minute))).toBe(2465)
    expect(Math.round(Schedule.requestsAnHour({ ...shape, busy: 10, quiet: 30 }, minute))).toBe(845)
  })

  it("a series in which nothing was new for an hour is listed a tenth as often", () => {
    const calls = live(24, { busy: 0, quiet: 1, folders: 1, objects: 1 })
    expect(calls.recent + calls.late).toBeGreaterThan(24 * 5)
    expect(calls.recent + calls.late).toBeLessThanOrEqual(24 * 7)
  })

  it("the last two days of a series are listed each hour, and all each day", () => {
    const calls = live(49, { busy: 1, quiet: 0, folders: 1, objects: 3500 })
    expect(calls.all).toBe(8)
    expect(calls.late).toBeGreaterThanOrEqual(45)
    const [first] = Schedule.due(known(1), pace, start + hour)
      .filter((one) => one._tag === "Series")
      .map(({ from, isLate }) => ({ from, isLate }))
    expect(first).toEqual({ from: "2026-11-27-01", isLate: true })
  })

  it("the newest hours begin two hours ago", () => {
    const state = known(1)
    const now = start + 10 * minute
    const found = Schedule.due(state, pace, now).filter((one) => one._tag === "Series")
    expect(found.map(({ from, isLate }) => ({ from, isLate }))).toEqual([
      { from: "2026-11-28-22", isLate: false }
    ])
  })

  it("where objects stand in no series all is listed more often, by what that takes", () => {
    const others = (allCalls: number) => known(0, { hasOthers: true, allCalls })
    expect(Schedule.nextDueAt(others(1), pace, start) - start).toBe(minute)
    expect(Schedule.nextDueAt(others(100), pace, start) - start).toBe(10 * minute)
    expect(Schedule.nextDueAt(others(1_000_000), pace, start) - start).toBe(24 * hour)
  })

  it("told of an hour, a series is due at once and from that hour on; untold, it is a quiet one", () => {
    const told = { interval: minute, isTold: true }
    const calls = live(24, { busy: 1, quiet: 0, folders: 1, objects: 1 }, told)
    expect(calls.recent + calls.late).toBeLessThanOrEqual(24 * 7)
    const state = known(1)
    const [[folder, before]] = [...state.series] as [[string, Schedule.SeriesState]]
    const hinted = { ...state, series: new Map([[folder, { ...before, toldFrom: "2026-11-20-05" }]]) }
    expect(Schedule.nextDueAt(hinted, told, start)).toBeLessThan(start)
    expect(Schedule.due(hinted, told, start)).toEqual([
      { _tag: "Series", series: before.series, from: "2026-11-20-05", isLate: false }
    ])
  })
})
