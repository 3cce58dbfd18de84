/** Events as sources may well give them: with fields that are missing, null, empty or unknown. */
import type { Event } from "@millrace/core/Event"

export interface Variant<E extends Event> {
  readonly event: E
  /** In words that follow the event's type. */
  readonly change: string
}

const awkward = "\u0000\ud800 \u2028 \"\\ 'é\u{1f600}"

export const variants = <E extends Event>(sample: E): ReadonlyArray<Variant<E>> => {
  const properties = Object.entries(sample.properties)
  const having = (change: string, news: { readonly [field: string]: unknown }) => ({
    change,
    // Still of its type by name: whether it is valid, its catalogue says.
    event: { ...sample, properties: { ...sample.properties, ...news } }
  })
  const without = (name: string) => ({
    change: `without ${name}`,
    event: { ...sample, properties: Object.fromEntries(properties.filter(([other]) => other !== name)) }
  })
  return [
    { change: "as it is", event: sample },
    { change: "without a user", event: { ...sample, user: {} } },
    { change: "without properties", event: { ...sample, properties: {} } },
    having("with an unknown field", { millrace_unknown: { deep: [awkward, null, 1e300] } }),
    ...properties.flatMap(([name, value]) => [
      without(name),
      having(`with ${name} null`, { [name]: null }),
      ...(typeof value === "string"
        ? [
            having(`with ${name} empty`, { [name]: "" }),
            having(`with odd characters in ${name}`, { [name]: awkward })
          ]
        : [])
    ])
  ]
}
