import * as Random from "./random.ts"

/** The invented workspace that sample events come from: users, apps, campaigns and canvases. All from one seed. */
export interface World {
  readonly workspace: string
  readonly apps: ReadonlyArray<App>
  readonly campaigns: ReadonlyArray<Campaign>
  readonly canvases: ReadonlyArray<Canvas>
  readonly user: (index: number) => Person
}

export interface App {
  readonly id: string
  readonly platform: string
  readonly models: ReadonlyArray<string>
  readonly advertising: string
}

export interface Named {
  readonly id: string
  readonly name: string
}

export interface Campaign extends Named {
  readonly variations: ReadonlyArray<Named>
}

export interface Canvas extends Campaign {
  readonly steps: ReadonlyArray<Named>
}

export interface Person {
  readonly id: string
  /** Absent for the anonymous 5 %. */
  readonly externalId: string | undefined
  readonly deviceId: string
  readonly timezone: string
  readonly email: string
  readonly phone: string
  readonly firstName: string
  readonly lastName: string
  readonly app: App
}

const firstNames = ["Rosa", "Kim", "Noah", "Amélie", "Yuki", "Omar", "Zoë", "Łukasz", "Ines", "陽菜"]
const lastNames = ["Marsh", "Silva", "Okafor", "Weber", "Novák", "Tanaka", "Haddad", "Lindqvist"]
const timezones = [
  "Europe/Lisbon",
  "America/Denver",
  "Asia/Tokyo",
  "Europe/Berlin",
  "Africa/Lagos",
  "Australia/Perth"
]
const subjects = [
  "Autumn restock",
  "Welcome",
  "Parcel news",
  "First visit",
  "Size guide",
  "Members' week",
  "Basket left"
]
const beyondLatin = ["秋の新作", "Скидки недели", "Wyprzedaż świąteczna", "🎉 Birthday", "متجر جديد"]
const places = ["north", "south", "app users", "web users", "loyal", "new", "returning"]

const platforms: ReadonlyArray<readonly [string, ReadonlyArray<string>, string]> = [
  ["ios", ["iPhone16,2", "iPhone17,1", "iPad14,3"], "ios_idfa"],
  ["android", ["Pixel 9", "SM-S931B"], "google_ad_id"],
  ["web", ["Chrome", "Firefox", "Safari"], "windows_ad_id"],
  ["tvos", ["AppleTV14,1"], "ios_idfa"],
  ["kindle", ["KFTRWI", "AFTKRT"], "google_ad_id"],
  ["roku", ["3941X"], "roku_ad_id"]
]

/** Most users are on a phone or in a browser. */
const shares = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 4, 5]

// Ranges that national regulators keep free for fiction.
const phones: ReadonlyArray<readonly [prefix: string, digits: number]> = [
  ["+120255501", 2],
  ["+447700900", 3],
  ["+33639980", 3]
]

const name = (random: Random.Random, index: number): string => {
  const beyond = index % 10 === 3
  return `${random.pick(beyond ? beyondLatin : subjects)}, ${random.pick(places)} ${index + 1}`
}

const named = (random: Random.Random, names: ReadonlyArray<string>): ReadonlyArray<Named> =>
  names.map((name) => ({ id: random.uuid(), name }))

export const make = (seed: number, users: number): World => {
  const random = Random.make(seed, 1)
  const apps = platforms.map(([platform, models, advertising]) => ({
    id: random.uuid(),
    platform,
    models,
    advertising
  }))
  const campaigns = Array.from({ length: 40 }, (_, index) => ({
    id: random.uuid(),
    name: name(random, index),
    variations: named(random, ["Variant A", "Variant B"])
  }))
  const canvases = Array.from({ length: 20 }, (_, index) => ({
    id: random.uuid(),
    name: name(random, index),
    variations: named(random, ["Control B", "Variant C"]),
    steps: named(random, ["Day 1", "Day 2 mail", "Reminder"])
  }))
  return {
    workspace: random.uuid(),
    apps,
    campaigns,
    canvases,
    user: (index) => person(Random.make(seed, 2, index % users), index % users, apps)
  }
}

const person = (random: Random.Random, index: number, apps: ReadonlyArray<App>): Person => {
  const app = apps[random.pick(shares)]!
  const [prefix, digits] = random.pick(phones)
  const firstName = random.pick(firstNames)
  const lastName = random.pick(lastNames)
  return {
    id: `66b0c2d4${random.hex(16)}`,
    externalId: random.chance(0.05) ? undefined : `cust-${10_000 + index}`,
    deviceId: app.platform === "ios" || app.platform === "tvos" ? random.uuid().toUpperCase() : random.uuid(),
    timezone: random.pick(timezones),
    email: `user${index}@${random.pick(["shop", "mail", "post"])}.example`,
    phone: prefix + String(random.below(10 ** digits)).padStart(digits, "0"),
    firstName,
    lastName,
    app
  }
}
