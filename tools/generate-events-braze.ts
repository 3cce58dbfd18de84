// Writes packages/events-braze/src/generated from catalogue/events.json: `node tools/generate-events-braze.ts`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

interface MParticle {
  readonly selected?: boolean
  readonly documented?: boolean
  readonly eventName: string
  readonly qualifiedName?: string
  readonly eventType?: string
  readonly attributes?: string
  readonly deviceInfo?: string
  readonly identities?: string
  readonly mobile?: string
}

interface Entry {
  readonly status: string
  readonly label: string
  readonly channel?: string
  readonly appLevel?: boolean
  readonly fields: string
  readonly onlyInCustomHttp?: string
  readonly notInCustomHttp?: string
  readonly mparticle: MParticle
}

interface Catalogue {
  readonly values: { readonly [field: string]: ReadonlyArray<string | number> }
  readonly events: { readonly [type: string]: Entry }
}

interface Field {
  readonly name: string
  readonly type: string
  readonly personal: boolean
  readonly deprecated: boolean
}

/** These leave the properties: they are the event's own id, time and user. */
const common = new Set(["id", "time", "user_id", "external_user_id", "device_id", "timezone"])

/** Fields that come together, in the order in which the interfaces extend them. */
const groups: { readonly [name: string]: { readonly about: string; readonly names: ReadonlyArray<string> } } =
  {
    Campaign: { about: "The campaign that an event is of.", names: ["campaign_id", "campaign_name"] },
    Variation: {
      about: "The variation of a message.",
      names: ["message_variation_id", "message_variation_name"]
    },
    Canvas: {
      about: "The canvas that an event is of, and its variation.",
      names: ["canvas_id", "canvas_name", "canvas_variation_id", "canvas_variation_name"]
    },
    CanvasStep: { about: "The step of a canvas.", names: ["canvas_step_id", "canvas_step_name"] },
    Dispatch: { about: "What a message was sent with.", names: ["dispatch_id", "send_id"] },
    App: {
      about: "The app that an event happened in, and the device it runs on.",
      names: ["app_id", "platform", "os_version", "device_model"]
    },
    Advertising: {
      about: "The advertising id of a device.",
      names: ["ad_id", "ad_id_type", "ad_tracking_enabled"]
    },
    Profile: { about: "What the user's profile says.", names: ["gender", "country", "language"] },
    Abort: { about: "Why a message was not sent.", names: ["abort_type", "abort_log"] }
  }

const header = "// Written by tools/generate-events-braze.ts from catalogue/events.json. Do not edit.\n"
const text = (value: unknown) => JSON.stringify(value)
const words = (value: string | undefined) => (value ?? "").split(" ").filter((word) => word !== "")

const parse = (token: string): Field => {
  const match = /^(\w+):(\w+(?:\??\[\])?)([?*-]*)$/.exec(token)
  if (match === null) throw new Error(`events.json: cannot read the field ${token}`)
  const flags = match[3]!
  return {
    name: match[1]!,
    type: match[2]!,
    personal: flags.includes("*"),
    deprecated: flags.includes("-")
  }
}

const properties = (entry: Entry): ReadonlyArray<Field> =>
  [...words(entry.fields), ...words(entry.onlyInCustomHttp)]
    .map(parse)
    .filter(({ name }) => !common.has(name))

const scalars: { readonly [type: string]: readonly [kind: string, typescript: string] } = {
  string: ["", "string"],
  boolean: ["b", "boolean"],
  int: ["n", "number"],
  long: ["n", "number"],
  float: ["n", "number"],
  double: ["n", "number"],
  object: ["o", "{ readonly [name: string]: unknown }"]
}

const scalar = (type: string) => {
  const found = scalars[type]
  if (found === undefined) throw new Error(`events.json: unknown type ${type}`)
  return found
}

const isArray = (type: string) => type.endsWith("[]")
const item = (type: string) => type.replace(/\??\[\]$/, "")
const kind = ({ type }: Field) => (isArray(type) ? `a${scalar(item(type))[0]}` : scalar(type)[0])
const typescript = ({ type }: Field) =>
  isArray(type) ? `ReadonlyArray<${scalar(item(type))[1]} | null>` : scalar(type)[1]

const member = (field: Field) =>
  `${field.deprecated ? "  /** @deprecated by Braze */\n" : ""}  readonly ${field.name}?: ${typescript(field)} | null\n`

const interfaceName = (type: string) =>
  type
    .replace(/^users\./, "")
    .split(".")
    .map((part) => part[0]!.toUpperCase() + part.slice(1))
    .join("")

const interfaces = ({ events }: Catalogue) => {
  const known = new Map(
    Object.values(events).flatMap((entry) => properties(entry).map((field) => [field.name, field]))
  )
  let out = header
  for (const [name, { about, names }] of Object.entries(groups)) {
    const fields = names.map((field) => ({ ...known.get(field)!, deprecated: false }))
    out += `\n/** ${about} */\nexport interface ${name} {\n${fields.map(member).join("")}}\n`
  }
  for (const [type, entry] of Object.entries(events)) {
    const fields = properties(entry)
    const has = new Map(fields.map((field) => [field.name, field]))
    const parents = Object.keys(groups).filter((group) =>
      groups[group]!.names.every((field) => has.get(field)?.deprecated === false)
    )
    const inherited = new Set(parents.flatMap((parent) => groups[parent]!.names))
    const extending = parents.length === 0 ? "" : ` extends ${parents.join(", ")}`
    const own = fields.filter(({ name }) => !inherited.has(name)).map(member)
    const label = entry.status === "current" ? entry.label : `${entry.label} (${entry.status})`
    out += `\n/** \`${type}\`: ${label} */\nexport interface ${interfaceName(type)}${extending} {\n${own.join("")}}\n`
  }
  const rows = Object.keys(events).map((type) => `  readonly ${text(type)}: ${interfaceName(type)}\n`)
  return `${out}\n/** Every event type and the properties that its events have. */\nexport interface Types {\n${rows.join("")}}\n`
}

const record = (name: string, type: string, rows: ReadonlyArray<readonly [string, unknown]>) =>
  `\nexport const ${name}: ${type} = {\n${rows.map(([key, value]) => `  ${text(key)}: ${text(value)}`).join(",\n")}\n}\n`

const table = ({ events }: Catalogue) => {
  const entries = Object.entries(events)
  const row = (field: Field) => {
    const mark = kind(field)
    return field.name + (mark === "" ? "" : `:${mark}`) + (field.personal ? "*" : "")
  }
  const appLevel = entries.filter(([, entry]) => entry.appLevel).map(([type]) => type)
  return (
    header +
    "\n// A field is its name, a kind (n number, b boolean, o object, a array of strings, an, ab; none: string), * personal." +
    record(
      "table",
      "{ readonly [type: string]: string }",
      entries.map(([type, entry]) => [type, properties(entry).map(row).join(" ")])
    ) +
    `\nexport const appLevel: ReadonlySet<string> = new Set(${JSON.stringify(appLevel, null, 2)})\n`
  )
}

const mparticle = ({ events }: Catalogue) =>
  header +
  record(
    "mparticle",
    "{ readonly [type: string]: Row }",
    Object.entries(events).map(([type, { mparticle }]) => [type, mparticle])
  ) +
  "\nexport interface Row {\n" +
  "  readonly selected?: boolean\n  readonly documented?: boolean\n  readonly eventName: string\n" +
  "  readonly qualifiedName?: string\n  readonly eventType?: string\n  readonly attributes?: string\n" +
  "  readonly deviceInfo?: string\n  readonly identities?: string\n  readonly mobile?: string\n}\n"

const forms = ({ events, values }: Catalogue) => {
  const entries = Object.entries(events)
  const column = (name: string, read: (entry: Entry) => string | undefined) =>
    record(
      name,
      "{ readonly [type: string]: string }",
      entries.flatMap(([type, entry]) => {
        const value = read(entry)
        return value === undefined ? [] : [[type, value] as const]
      })
    )
  return (
    header +
    "\n// Fields in Avro order: name:type, then ? nullable, * personal data, - deprecated; an array is its item type and []." +
    column("avro", (entry) => entry.fields) +
    column("onlyInCustomHttp", (entry) => entry.onlyInCustomHttp) +
    column("notInCustomHttp", (entry) => entry.notInCustomHttp) +
    record("values", "{ readonly [field: string]: ReadonlyArray<string | number> }", Object.entries(values))
  )
}

/** The generated files by name: a pure function of the catalogue. */
export const generate = (catalogue: Catalogue): { readonly [file: string]: string } => ({
  "types.ts": interfaces(catalogue),
  "table.ts": table(catalogue),
  "mparticle.ts": mparticle(catalogue),
  "forms.ts": forms(catalogue)
})

const home = new URL("../packages/events-braze/", import.meta.url)

/** The catalogue as it stands in the repository. */
export const read = (): Catalogue => JSON.parse(readFileSync(new URL("catalogue/events.json", home), "utf8"))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(new URL("src/generated/", home), { recursive: true })
  for (const [file, content] of Object.entries(generate(read()))) {
    writeFileSync(new URL(`src/generated/${file}`, home), content)
  }
}
