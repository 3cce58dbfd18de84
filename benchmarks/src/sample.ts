/**
 * The input of every subject: invented Currents events, the same on every machine. One in twenty users is anonymous,
 * and one campaign and canvas in ten has a name with characters beyond Latin-1, as real names do.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Braze } from "@millrace/events-braze"
import * as Sample from "@millrace/events-braze/Sample"
import * as SampleExport from "@millrace/events-braze/SampleExport"

/** Share of a shop's traffic. */
const weights = {
  "users.messages.email.Send": 15,
  "users.messages.email.Delivery": 14,
  "users.messages.email.Open": 8,
  "users.messages.email.Click": 3,
  "users.messages.pushnotification.Send": 10,
  "users.messages.pushnotification.Open": 3,
  "users.messages.inappmessage.Impression": 5,
  "users.messages.contentcard.Impression": 3,
  "users.messages.sms.Send": 2,
  "users.messages.sms.Delivery": 2,
  "users.canvas.Entry": 3,
  "users.canvasstep.Progression": 4
} satisfies { readonly [Type in Braze.TypeName]?: number }

/** The types of the sample. */
export const types = Object.keys(weights) as ReadonlyArray<keyof typeof weights>

const seed = 20_261
const start = Date.UTC(2026, 5, 29)
/** Types in turn by weight. A prime step through them mixes neighbours. */
const turns = types.flatMap((type) => Array.from({ length: weights[type] }, () => type))
const step = 31

const users = (events: number) => Math.ceil(events / 10)

/** The events of the NDJSON sample, as Braze's Custom HTTP connector posts them. */
export const events = function* (count: number): Generator<ReturnType<typeof Sample.toCustomHttp>> {
  const sample = Sample.make({ seed, users: users(count) })
  for (let index = 0; index < count; index++) {
    const type = turns[(index * step) % turns.length]!
    yield Sample.toCustomHttp(sample.event(type, index, start + index * 40))
  }
}

/** One event a line, in one file. */
const writeLines = (file: string, count: number): void => {
  const descriptor = openSync(file, "w")
  let lines = ""
  for (const event of events(count)) {
    lines += `${JSON.stringify(event)}\n`
    if (lines.length < 1 << 20) continue
    writeSync(descriptor, lines)
    lines = ""
  }
  writeSync(descriptor, lines)
  closeSync(descriptor)
}

/** Avro files as Currents lays them out, half of them deflated. */
const writeAvro = (folder: string, count: number): void => {
  SampleExport.write({ folder, seed, events: count, users: users(count), types }, (path, bytes) => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  })
}

export type Input = "ndjson" | "avro"

/** Writes an input below the folder and tells where it is. */
export const write = (input: Input, folder: string, count: number): string => {
  const path = join(folder, input === "ndjson" ? "events.ndjson" : "export")
  mkdirSync(folder, { recursive: true })
  if (input === "ndjson") writeLines(path, count)
  else writeAvro(path, count)
  return path
}
