import { values } from "../generated/forms.ts"
import type { Random } from "./random.ts"
import type { App, Campaign, Canvas, Person, World } from "./sampleWorld.ts"

/** All that the fields of one event share, so that they agree with each other. */
export interface Scene {
  readonly random: Random
  readonly world: World
  readonly person: Person
  readonly app: App
  readonly campaign: Campaign | undefined
  readonly canvas: Canvas | undefined
  /** Position of the variation and of the step. */
  readonly turn: number
  /** Epoch milliseconds. */
  readonly time: number
  /** The type's channel, such as `email`. */
  readonly channel: string
}

type Make = (scene: Scene) => unknown

const json =
  (make: Make): Make =>
  (scene) =>
    JSON.stringify(make(scene))
const choice =
  (...items: ReadonlyArray<unknown>): Make =>
  ({ random }) =>
    random.pick(items)
const number =
  (limit: number): Make =>
  ({ random }) =>
    random.below(limit)
// Floats travel in 32 bits: halves and quarters survive the journey.
const quarter =
  (limit: number): Make =>
  ({ random }) =>
    random.below(limit * 4) / 4
const identifier: Make = ({ random }) => random.uuid()
const bson: Make = ({ random }) => `66b0c2d4${random.hex(16)}`
const seconds: Make = ({ time, random }) => Math.floor(time / 1000) - random.below(86_400)
const variation = ({ campaign, canvas, turn }: Scene) => (campaign ?? canvas)?.variations[turn % 2]
const step = ({ canvas, turn }: Scene) => canvas?.steps[turn % 3]

const details: Make = ({ random }) => ({
  sku: `sku-${random.below(900) + 100}`,
  gift: random.chance(0.2),
  quantity: random.below(4) + 1,
  note: random.chance(0.1) ? "für Zoë – ありがとう" : "none"
})

const makers: { readonly [field: string]: Make } = {
  app_group_id: ({ world }) => world.workspace,
  app_group_api_id: ({ world }) => world.workspace,
  app_id: ({ app }) => app.id,
  app_api_id: ({ app }) => app.id,
  platform: ({ app }) => app.platform,
  os_version: ({ random }) => `${random.below(6) + 14}.${random.below(5)}`,
  device_model: ({ app, random }) => random.pick(app.models),
  ad_id_type: ({ app }) => app.advertising,
  campaign_id: ({ campaign }) => campaign?.id,
  campaign_api_id: ({ campaign }) => campaign?.id,
  campaign_name: ({ campaign }) => campaign?.name,
  message_variation_id: (scene) => (scene.campaign === undefined ? undefined : variation(scene)?.id),
  message_variation_api_id: (scene) => (scene.campaign === undefined ? undefined : variation(scene)?.id),
  message_variation_name: (scene) => (scene.campaign === undefined ? undefined : variation(scene)?.name),
  canvas_id: ({ canvas }) => canvas?.id,
  canvas_api_id: ({ canvas }) => canvas?.id,
  canvas_name: ({ canvas }) => canvas?.name,
  canvas_variation_id: (scene) => (scene.canvas === undefined ? undefined : variation(scene)?.id),
  canvas_variation_api_id: (scene) => (scene.canvas === undefined ? undefined : variation(scene)?.id),
  canvas_variation_name: (scene) => (scene.canvas === undefined ? undefined : variation(scene)?.name),
  canvas_step_id: (scene) => step(scene)?.id,
  canvas_step_api_id: (scene) => step(scene)?.id,
  canvas_step_name: (scene) => step(scene)?.name,
  canvas_step_message_variation_id: (scene) => (scene.canvas === undefined ? undefined : scene.random.uuid()),
  canvas_step_message_variation_api_id: (scene) =>
    scene.canvas === undefined ? undefined : scene.random.uuid(),
  dispatch_id: bson,
  agent_id: bson,
  orphaned_by_id: bson,
  link_id: ({ random }) => `lk_${random.below(40)}`,
  button_id: choice("0", "1", "close"),
  provider_error_code: choice("30003", "30005"),
  email_address: ({ person }) => person.email,
  channel_identifier: ({ person, channel }) => (channel === "sms" ? person.phone : person.email),
  to_phone_number: ({ person }) => person.phone,
  user_phone_number: ({ person }) => person.phone,
  phone_number: ({ person }) => person.phone,
  from_phone_number: choice("+12025550100", "+447700900001"),
  inbound_phone_number: choice("+12025550100", "+447700900001"),
  first_name: ({ person }) => person.firstName,
  last_name: ({ person }) => person.lastName,
  home_city: choice("Lisboa", "Denver", "東京", "Łódź"),
  dob: ({ random }) => `19${random.below(30) + 70}-0${random.below(9) + 1}-1${random.below(10)}`,
  country: choice("PT", "US", "JP", "DE"),
  language: choice("pt", "en", "ja", "de"),
  locale_key: choice("pt-pt", "en-us", "ja-jp"),
  carrier: choice("Example Mobile", "Sample Tel"),
  resolution: choice("1179x2556", "1080x2400"),
  sdk_version: choice("12.0.1", "35.0.0"),
  session_id: identifier,
  time_ms: ({ time }) => time,
  duration: quarter(1800),
  price: quarter(400),
  latitude: quarter(80),
  longitude: quarter(170),
  currency: choice("EUR", "USD", "JPY"),
  product_id: ({ random }) => `sku-${random.below(900) + 100}`,
  name: choice("size_guide_opened", "wish_listed", "review_written"),
  custom_properties: details,
  purchase_properties: details,
  custom_attributes: json(({ random }) => ({ tier: random.pick(["gold", "silver"]) })),
  message_extras: json(({ random }) => ({ wave: random.below(9) })),
  tool_arguments: json(({ random }) => ({ query: `sku-${random.below(900)}` })),
  flow_response_json: json(({ random }) => ({ rating: random.below(5) + 1 })),
  conversion_behavior: json(() => ({ type: "Performs Custom Event", window: 259_200 })),
  url: ({ random }) => `https://shop.example/item/${random.below(900)}`,
  short_url: ({ random }) => `https://s.example/${random.hex(6)}`,
  media_urls: ({ random }) => [`https://media.example/${random.hex(8)}.jpg`],
  suspected_bot_click_reason: () => ["user_agent", "ip_address"],
  endpoint_url: () => "https://hooks.shop.example/braze",
  host: () => "hooks.shop.example",
  url_path: () => "/braze",
  user_agent: choice(
    "Mozilla/5.0 (X11; Linux x86_64)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X)"
  ),
  browser: choice("Firefox", "Mobile Safari", "Chrome"),
  device_os: choice("Linux", "iOS", "Android"),
  from_domain: () => "mail.shop.example",
  recipient_domain: choice("shop.example", "mail.example"),
  ip_pool: choice("main", "bulk"),
  sending_ip: ({ random }) => `192.0.2.${random.below(254) + 1}`,
  mailbox_provider: choice("Example Mail", "Post"),
  bounce_reason: () => "550 5.1.1 The address does not exist",
  deferral_reason: () => "451 4.7.1 Try again later",
  message_body: choice("STOP", "Where is my parcel?", "Obrigada ❤️"),
  subscription_status: choice("Subscribed", "Unsubscribed", "Opted In"),
  channel: ({ channel }) => channel,
  http_status_code: choice(400, 404, 500, 503),
  conversion_behavior_index: number(4),
  push_token_created_at: seconds,
  push_token_updated_at: seconds,
  push_token: ({ random }) => random.hex(64),
  update_token: ({ random }) => random.hex(64),
  push_to_start_token: ({ random }) => random.hex(64)
}

const byKind = (name: string, type: string): Make => {
  switch (type) {
    case "boolean":
      return ({ random }) => random.chance(0.2)
    case "int":
    case "long":
      return number(1000)
    case "float":
    case "double":
      return quarter(100)
    default:
      if (type.endsWith("[]")) {
        const item = byKind(name, type.replace(/\??\[\]$/, ""))
        return (scene) => [item(scene)]
      }
      return name.endsWith("_id")
        ? identifier
        : ({ random }) => `${name.replaceAll("_", " ")} ${random.below(20)}`
  }
}

/** How to invent a field: by its name, else by its allowed values, else by its type. */
export const maker = (name: string, type: string): Make => {
  if (name === "duration" && type === "int") return number(4000)
  const known = Object.hasOwn(makers, name) ? makers[name] : undefined
  if (known !== undefined) return known
  const allowed = Object.hasOwn(values, name) ? values[name] : undefined
  return allowed === undefined ? byKind(name, type) : choice(...allowed)
}
