import type { TypeName } from "../Braze.ts"
import { type Field, form, schemaText } from "./forms.ts"

/** Share of the traffic in a shop's workspace; every other type has 1. */
const weights: { readonly [type: string]: number } = {
  "users.messages.email.Send": 60,
  "users.messages.email.Delivery": 56,
  "users.messages.email.Open": 30,
  "users.messages.email.Click": 10,
  "users.messages.pushnotification.Send": 40,
  "users.messages.pushnotification.Open": 12,
  "users.messages.inappmessage.Impression": 20,
  "users.messages.contentcard.Impression": 12,
  "users.messages.sms.Send": 8,
  "users.messages.sms.Delivery": 8,
  "users.behaviors.app.SessionStart": 30,
  "users.behaviors.app.SessionEnd": 24,
  "users.behaviors.CustomEvent": 40,
  "users.behaviors.Purchase": 6,
  "users.canvas.Entry": 12,
  "users.canvasstep.Progression": 16
}

/** How many events of each type: by weight, at least one of each while the number allows. */
export const allot = (types: ReadonlyArray<TypeName>, events: number): ReadonlyMap<TypeName, number> => {
  const weight = (type: string) => weights[type] ?? 1
  const total = types.reduce((sum, type) => sum + weight(type), 0)
  const base = events >= types.length ? 1 : 0
  const spread = events - base * types.length
  const counts = new Map(types.map((type) => [type, base + Math.floor((spread * weight(type)) / total)]))
  let rest = events - [...counts.values()].reduce((sum, count) => sum + count, 0)
  for (const type of types) {
    if (rest-- <= 0) break
    counts.set(type, counts.get(type)! + 1)
  }
  return counts
}

/** One writer schema of a type: Braze raises the id with every change of any schema. */
export interface Edition {
  readonly schemaId: number
  readonly schema: string
}

/** The current schema and an older one, from before its latest nullable field. */
export const editions = (type: TypeName, position: number): ReadonlyArray<Edition> => {
  const fields = form(type).avro
  const latest = fields.findLastIndex(added)
  const older = fields.filter((_, index) => index !== latest)
  return [fields, older].map((fields, age) => ({
    schemaId: 400 + position * 2 + (1 - age),
    schema: schemaText(type, fields)
  }))
}

const lasting = new Set(["user_id", "external_user_id", "device_id", "timezone", "app_id", "platform"])
const added = ({ name, nullable }: Field) => nullable && !lasting.has(name)
