/** Events as JSON that hold what Braze would never write. */
import type { Random } from "../../packages/events-braze/src/internal/random.ts"
import type { Line } from "./events.ts"

const times = (text: string, count: number) => text.repeat(count)

/** JSON, or what pretends to be; the larger the rarer. */
const literals: ReadonlyArray<string> = [
  ...["9007199254740993", "-9007199254740993", "123456789012345678901234567890", "1e400", "-1e400", "1e-400"],
  ...["-0", "1e21", "1.5", "-1", "0", "4294967296", "253402300800", "-62167219201", "8640000000001"],
  ...[
    '"\\ud800"',
    '"x\\udc00y"',
    '"\\ud83d\\ude00"',
    '"\\u0000"',
    '"\\u001b[31m\\u0007"',
    '"\\u202e"',
    '"\\u2028"'
  ],
  ...['{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}', '{"a":1,"a":2}'],
  ...[
    "null",
    "true",
    "false",
    "[]",
    "{}",
    '""',
    '"[REDACTED]"',
    "[[]]",
    "[null]",
    '[{"a":[{}]}]',
    '"1782742805"'
  ],
  ...["NaN", "Infinity", "01", "+1", ".5", "1.", "'x'", "undefined", '"\\x"', '"\u0001"', '"', "{", "]", ""],
  times("[", 6000) + times("]", 6000),
  times('{"a":', 6000) + "1" + times("}", 6000),
  times("[", 101) + times("]", 101),
  times("[", 6000),
  `[${times("{},", 2000)}{}]`,
  `[${times("0,", 110_000)}0]`,
  `"${times("x", 70_000)}"`,
  `"${times("\\u0007", 5_000)}"`,
  `{${Array.from({ length: 1500 }, (_, at) => `"k${at}":${at}`).join(",")}}`
]

const huge = `"${times("y", 9 * 1024 * 1024)}"`
const mark = "@here@"

/** Where the value goes: any of the fields, or one that nobody knows. */
const places = (event: Line["event"]): ReadonlyArray<ReadonlyArray<string>> => {
  const inside = (name: string) => Object.keys(Object(event[name])).map((key) => [name, key])
  return [
    ...["event_type", "id", "time", "user", "properties", "__proto__", "other"].map((name) => [name]),
    ...inside("user"),
    ...inside("properties"),
    ...["__proto__", "other", "time_ms", "custom_properties", "device_id"].map((name) => [
      "properties",
      name
    ]),
    ...["__proto__", "other", "user_id", "external_user_id"].map((name) => ["user", name])
  ]
}

const put = (event: Line["event"], [name = "", inner]: ReadonlyArray<string>): string => {
  const set = (object: object, key: string, value: unknown) =>
    Object.fromEntries([...Object.entries(object).filter(([other]) => other !== key), [key, value]])
  return JSON.stringify(set(event, name, inner === undefined ? mark : set(Object(event[name]), inner, mark)))
}

/** The event with one value, or a few, that do not belong there. */
export const hostile = ({ event, text }: Line, random: Random): string => {
  let changed = text
  for (let left = random.chance(0.8) ? 1 : 3; left > 0; left--) {
    const place = random.pick(places(event))
    // Several changes go into one object as duplicate names, the last of which holds.
    const literal = random.chance(0.001) ? huge : random.pick(literals)
    const next = put(event, place).replace(`"${mark}"`, () => literal)
    changed = changed === text ? next : `${changed.slice(0, -1)},${next.slice(1)}`
  }
  return changed
}

export const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Too deep, of too many values, or with a number that a double does not keep; digits may be an id. */
const beyond = [
  times("[", 101),
  times('{"a":', 101),
  times("0,", 100_000),
  /":-?1e400[,}\]]/,
  /"(?!(?:id|user_id|external_user_id|device_id|timezone)")\w+":-?(?:9007199254740993|123456789012345678901234567890)[,}\]]/
]

/** Whether it must become a dead letter, whatever else it holds. */
export const isRefused = (text: string): boolean =>
  !isJson(text) || beyond.some((each) => (typeof each === "string" ? text.includes(each) : each.test(text)))

/** What stands where an event should. */
export const nonsense: ReadonlyArray<string> = [
  ...["{}", "[]", "null", "0", '""', "[[]]", "[{}]", '{"events":[]}', '{"events":{}}', '{"events":null}'],
  ...[
    '{"events":[[]]}',
    '{"events":[null,1,"x"]}',
    '{"events":[{}]}',
    '{"events":[',
    '{"events":[]',
    "]}",
    "}"
  ],
  ...[
    "not json",
    "\u0000",
    "\ufeff",
    "\u001b]0;title\u0007",
    '{"id":1',
    '{"id":"a"}{"id":"b"}',
    '"\\ud800"',
    "{]"
  ],
  times("[", 6000),
  times('{"events":[', 3000),
  times("[", 6000) + times("]", 6000),
  times('{"a":', 6000) + "1" + times("}", 6000)
]
