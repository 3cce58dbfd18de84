/**
 * The sample for grouping: users with three events or more in one upload of Currents, which puts each event type into
 * files of its own. Invented, and the same on every machine.
 *
 * A person has one address, one telephone number and one device, as people do; the main sample draws a device for each
 * event, which no grouping could bring together.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Braze } from "@millrace/events-braze"
import * as Sample from "@millrace/events-braze/Sample"

type Type = Braze.TypeName

const mail = (...steps: ReadonlyArray<"Send" | "Delivery" | "Open" | "Click">) =>
  steps.map((step): Type => `users.messages.email.${step}`)

const push = (...steps: ReadonlyArray<"Send" | "Open">) =>
  steps.map((step): Type => `users.messages.pushnotification.${step}`)

const canvas: ReadonlyArray<Type> = ["users.canvas.Entry", "users.canvasstep.Progression"]
const inApp: Type = "users.messages.inappmessage.Impression"
const card: Type = "users.messages.contentcard.Impression"

/** What people do in five minutes, with the share of those who do it. */
const journeys: ReadonlyArray<{ readonly share: number; readonly types: ReadonlyArray<Type> }> = [
  { share: 0.25, types: mail("Send", "Delivery", "Open") },
  { share: 0.15, types: mail("Send", "Delivery", "Open", "Click") },
  { share: 0.1, types: [...canvas, ...mail("Send", "Delivery")] },
  { share: 0.2, types: [...push("Send", "Open"), inApp] },
  { share: 0.15, types: [...push("Send", "Open"), inApp, card, card] },
  { share: 0.1, types: [...canvas, ...push("Send")] },
  {
    share: 0.05,
    types: ["users.canvasstep.Progression", "users.messages.sms.Send", "users.messages.sms.Delivery"]
  }
]

const seed = 20_262
const start = Date.UTC(2026, 5, 29)
const fiveMinutes = 300_000

export interface Upload {
  readonly files: ReadonlyMap<string, string>
  readonly events: number
}

/** One upload of so many users: the text of each file by its path. */
export const upload = (number: number, users: number): Upload => {
  const sample = Sample.make({ seed: seed + number, users: Math.max(1, users) })
  const lines = new Map<Type, Array<string>>()
  let events = 0
  for (let user = 0; user < users; user++) {
    const time = start + number * fiveMinutes + ((user * 7919) % fiveMinutes)
    for (const [step, type] of journeyOf(user / users).entries()) {
      const event = toPerson(
        Sample.toCustomHttp(sample.event(type, events++, time + step * 1000)),
        type,
        number * users + user
      )
      const found = lines.get(type) ?? []
      found.push(JSON.stringify(event))
      lines.set(type, found)
    }
  }
  const hour = new Date(start + number * fiveMinutes).toISOString().slice(0, 13).replace("T", "-")
  const files = new Map(
    [...lines].map(([type, texts]) => [
      `event_type=${type}/date=${hour}/${String(number).padStart(6, "0")}.ndjson`,
      texts.map((text) => `${text}\n`).join("")
    ])
  )
  return { files, events }
}

/** Writes an upload below the folder; returns how many events it holds. */
export const write = (folder: string, { events, files }: Upload): number => {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return events
}

// internal

const journeyOf = (place: number): ReadonlyArray<Type> => {
  let left = place
  for (const { share, types } of journeys) {
    if (left < share) return types
    left -= share
  }
  return journeys[0]!.types
}

const fieldsOf = new Map<Type, ReadonlySet<string>>()

const hasField = (type: Type, field: string): boolean => {
  const found =
    fieldsOf.get(type) ??
    new Set<string>(
      JSON.parse(Sample.writerSchema(type)).fields.map(({ name }: { readonly name: string }) => name)
    )
  fieldsOf.set(type, found)
  return found.has(field)
}

const devices = [
  { platform: "ios", device_model: "iPhone17,1", ad_id_type: "ios_idfa" },
  { platform: "android", device_model: "Pixel 9", ad_id_type: "google_ad_id" },
  { platform: "web", device_model: "Firefox", ad_id_type: "windows_ad_id" }
]

const uuidOf = (head: string, number: number) => `${head}-0000-4000-8000-${String(number).padStart(12, "0")}`

/** The event as that of one person, with what Currents tells of a person in every event that can hold it. */
const toPerson = (event: { readonly [name: string]: unknown }, type: Type, person: number): object => {
  const device = devices[person % devices.length]!
  const personal: { readonly [field: string]: unknown } = {
    ...device,
    app_id: uuidOf("a0000000", person % devices.length),
    ad_id: uuidOf("b0000000", person),
    ad_tracking_enabled: true,
    email_address: `user${person}@mail.example`,
    to_phone_number: `+447700${String(900_000 + (person % 1000))}`
  }
  const properties = { ...(event["properties"] as object) }
  for (const [field, value] of Object.entries(personal))
    if (hasField(type, field)) Object.assign(properties, { [field]: value })
  const user = {
    user_id: `66b0c2d4${String(person).padStart(16, "0")}`,
    external_user_id: `cust-${person}`,
    ...(hasField(type, "device_id") ? { device_id: uuidOf("c0000000", person) } : {})
  }
  return { ...event, user, properties }
}
