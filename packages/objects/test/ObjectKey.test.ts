import { describe, expect, it } from "@effect/vitest"
import { ObjectKey } from "@millrace/objects"

const currents =
  "currents/dataexport.prod-01.S3.integration.5f0e/event_type=users.messages.email.Open/date=2026-11-29-13/42/prod-01/dataexport.prod-01.S3.integration.5f0e+3+1234.avro"

describe("what a key tells", () => {
  it("a Currents export", () => {
    const place = ObjectKey.placeOf(currents)
    expect(place).toEqual({
      hour: "2026-11-29-13",
      series: {
        folder: "currents/dataexport.prod-01.S3.integration.5f0e/event_type=users.messages.email.Open/",
        spelling: "date=",
        isDaily: false
      }
    })
  })

  it("the shorter layout, days, hours at the top, and none", () => {
    expect(ObjectKey.placeOf("c/5f0e/users.messages.email.Open/2026-11-29-13/42/prod-01/1.avro")).toEqual({
      hour: "2026-11-29-13",
      series: { folder: "c/5f0e/users.messages.email.Open/", spelling: "", isDaily: false }
    })
    expect(ObjectKey.placeOf("logs/dt=2026-11-29/hour=13/a.ndjson.gz")).toEqual({
      hour: "2026-11-29-00",
      series: { folder: "logs/", spelling: "dt=", isDaily: true }
    })
    expect(ObjectKey.placeOf("date=2026-11-29-13/a.avro")?.series.folder).toBe("")
    expect(ObjectKey.placeOf("a//2026-11-29-13/b.avro")?.series.folder).toBe("a//")
    expect(ObjectKey.hourIn("2026-11-29-13.avro")).toBe("")
    expect(ObjectKey.hourIn("a/2026-11-29-130/b.avro")).toBe("")
  })

  it("an hour sorts before its keys and behind those of the hour before", () => {
    const { series } = ObjectKey.placeOf(currents)!
    const hours = ["2026-11-29-12", "2026-11-29-13", "2026-11-29-14"].map((hour) =>
      currents.replace("2026-11-29-13", hour)
    )
    const mark = ObjectKey.before(series, "2026-11-29-13")
    expect(hours.map((key) => key > mark)).toEqual([false, true, true])
    const daily = ObjectKey.placeOf("logs/dt=2026-11-29/a.ndjson")!.series
    expect("logs/dt=2026-11-29/a.ndjson" > ObjectKey.before(daily, "2026-11-29-13")).toBe(true)
  })

  it("the hour of a moment", () => {
    expect(ObjectKey.hourAt(Date.UTC(2026, 10, 29, 13, 59, 59))).toBe("2026-11-29-13")
  })
})
