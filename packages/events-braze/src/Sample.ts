/**
 * Realistic sample events of every type, for demonstrations and tests. All values are invented: example domains,
 * telephone numbers that regulators keep free for fiction.
 *
 * The same seed gives the same events on every machine, in any order of asking.
 *
 * @since 1.0.0
 */
import type { Event } from "@millrace/core/Event"
import { properties } from "@millrace/core/Event"
import type { BrazeEvent, TypeName } from "./Braze.ts"
import { makeUser, nested } from "./internal/event.ts"
import { type Field, form, schemaText } from "./internal/forms.ts"
import * as Random from "./internal/random.ts"
import { maker, type Scene } from "./internal/sampleFields.ts"
import * as World from "./internal/sampleWorld.ts"

/**
 * An invented workspace.
 *
 * @since 1.0.0
 * @category models
 */
export interface Sample {
  /** The event at `index`, unique by its id. `time` is in epoch milliseconds; the event has whole seconds where Braze has. */
  readonly event: (type: TypeName, index: number, time: number) => BrazeEvent
}

/**
 * A workspace with this many users, 5 % of them anonymous.
 *
 * @since 1.0.0
 * @category constructors
 */
export const make = (options: { readonly seed: number; readonly users: number }): Sample => {
  const { seed, users } = options
  const world = World.make(seed, users)
  return {
    event: (type, index, time) => {
      const plan = planOf(type)
      const random = Random.make(seed, 3, index)
      const person = world.user(random.below(users))
      const timed = plan.milliseconds ? time : Math.floor(time / 1000) * 1000
      const values = fill(plan, scene(plan, world, person, random, timed))
      const user = makeUser(
        plan.has.has("user_id") ? person.id : undefined,
        plan.has.has("external_user_id") ? person.externalId : undefined,
        plan.has.has("device_id") ? person.deviceId : undefined,
        plan.has.has("timezone") ? person.timezone : undefined
      )
      // The last digits are the index: a short random state alone would repeat ids within a few million events.
      const id = `${random.uuid().slice(0, 24)}${index.toString(16).padStart(12, "0")}`
      // The plan has the fields of this very type, which the compiler cannot follow.
      return { id, type, time: timed, user, properties: values } as BrazeEvent
    }
  }
}

/**
 * 2026-06-29T14:20:05Z, as in the examples of Currents' documentation.
 *
 * @since 1.0.0
 * @category models
 */
export const time = 1_782_742_805_000

/**
 * An event as given, with nothing filled in and `id-` and its type as id: for tests of what single fields become. The
 * properties may be what Braze would never send.
 *
 * @since 1.0.0
 * @category constructors
 */
export const bare = (
  type: TypeName,
  properties: { readonly [field: string]: unknown } = {},
  user: Event["user"] = { externalId: "cust-1" },
  at = time
): BrazeEvent =>
  // Any properties, which the type of the event does not allow.
  ({ id: `id-${type}`, type, time: at, user, properties }) as BrazeEvent

/**
 * The event as Braze's Custom HTTP connector posts it, without the fields that connector leaves out.
 *
 * @since 1.0.0
 * @category conversions
 */
export const toCustomHttp = (event: Event): { readonly [name: string]: unknown } => {
  const { notInCustomHttp } = form(event.type)
  const sent = ([name, value]: readonly [string, unknown]) =>
    value !== undefined && !notInCustomHttp.has(name)
  const { sourceId, externalId, deviceId, timezone } = event.user
  const user = { user_id: sourceId, external_user_id: externalId, device_id: deviceId, timezone }
  return {
    event_type: event.type,
    id: event.id,
    time: Math.floor(event.time / 1000),
    user: Object.fromEntries(Object.entries(user).filter(sent)),
    properties: Object.fromEntries(Object.entries(properties(event)).filter(sent))
  }
}

/**
 * The event as the flat record of Currents' storage exports, with null for what it lacks.
 *
 * @since 1.0.0
 * @category conversions
 */
export const toAvroRecord = (event: Event): { readonly [field: string]: unknown } => {
  const values = properties(event)
  const record: { [field: string]: unknown } = {}
  for (const { name } of form(event.type).avro) record[name] = values[name] ?? null
  record["id"] = event.id
  record["time"] = Math.floor(event.time / 1000)
  if ("user_id" in record) record["user_id"] = event.user.sourceId ?? null
  if ("external_user_id" in record) record["external_user_id"] = event.user.externalId ?? null
  if ("device_id" in record) record["device_id"] = event.user.deviceId ?? null
  if ("timezone" in record) record["timezone"] = event.user.timezone ?? null
  const object = nested.get(event.type)
  if (object !== undefined) record["properties"] = JSON.stringify(values[object] ?? {})
  return record
}

/**
 * The Avro writer schema of a type, as JSON text, named as in Currents' own files.
 *
 * @since 1.0.0
 * @category conversions
 */
export const writerSchema = (type: TypeName): string => schemaText(type, form(type).avro)

// internal

interface Plan {
  readonly fields: ReadonlyArray<
    Field & { readonly make: (scene: Scene) => unknown; readonly absent: number }
  >
  readonly has: ReadonlySet<string>
  readonly milliseconds: boolean
  readonly channel: string
  /** Share of events with a campaign; the rest has a canvas or, at the very end, neither. */
  readonly campaign: number
  readonly canvas: number
}

const common = new Set(["id", "time", "user_id", "external_user_id", "device_id", "timezone"])
const always =
  /^(app_|platform|campaign_|canvas_|message_variation_|email_address|to_phone|user_phone|time_ms)/
const plans = new Map<string, Plan>()

const planOf = (type: string): Plan => {
  const found = plans.get(type)
  if (found !== undefined) return found
  const { avro, onlyInCustomHttp } = form(type)
  const all = [...avro, ...onlyInCustomHttp]
  const has = new Set(all.map(({ name }) => name))
  const needs = (prefix: string) => all.some(({ name, nullable }) => name.startsWith(prefix) && !nullable)
  const fields = all
    .filter(({ name }) => !common.has(name) && !(name === "properties" && nested.has(type)))
    .map((field) => ({
      ...field,
      make: maker(field.name, field.type),
      absent: !field.nullable || always.test(field.name) ? 0 : 0.2
    }))
  const plan: Plan = {
    fields,
    has,
    milliseconds: has.has("time_ms"),
    channel: /^users\.messages\.(\w+)/.exec(type)?.[1] ?? "email",
    campaign: needs("campaign_") || needs("message_variation_") ? 1 : has.has("campaign_id") ? 0.6 : 0,
    canvas: needs("canvas_") ? 1 : has.has("canvas_id") ? 0.9 : 0
  }
  plans.set(type, plan)
  return plan
}

const scene = (
  plan: Plan,
  world: World.World,
  person: World.Person,
  random: Random.Random,
  time: number
): Scene => {
  const draw = random.next()
  const campaign = draw < plan.campaign ? random.pick(world.campaigns) : undefined
  const both = plan.campaign === 1 && plan.canvas === 1
  const canvas =
    draw < plan.canvas && (campaign === undefined || both) ? random.pick(world.canvases) : undefined
  const turn = random.below(6)
  return { random, world, person, app: person.app, campaign, canvas, turn, time, channel: plan.channel }
}

const fill = (plan: Plan, at: Scene): object => {
  const values: { [field: string]: unknown } = {}
  for (const { name, make, absent } of plan.fields) {
    if (absent > 0 && at.random.chance(absent)) continue
    const value = make(at)
    if (value !== undefined) values[name] = value
  }
  return values
}
