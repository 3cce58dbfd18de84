/** A page of Prometheus' text format, read and looked at as `promtool check metrics` does. */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
}

export interface Page {
  readonly families: ReadonlyMap<string, Family>
  readonly samples: ReadonlyArray<Sample>
}

const shape = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/y

const plain = (text: string): string => text.replace(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one))

const labelsOf = (text: string): Readonly<Record<string, string>> => {
  const labels: Record<string, string> = {}
  label.lastIndex = 0
  while (label.lastIndex < text.length) {
    const found = label.exec(text)
    if (found === null) throw new Error(`no labels: ${text}`)
    labels[found[1]!] = plain(found[2]!)
  }
  return labels
}

/** Fails at a line that is none. */
export const read = (text: string): Page => {
  const families = new Map<string, Family>()
  const samples: Array<Sample> = []
  if (!text.endsWith("\n")) throw new Error("the last line has no end")
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line)
    if (comment !== null) {
      const [, what, name = "", rest = ""] = comment
      const family = families.get(name) ?? { name, type: "", help: "" }
      families.set(name, what === "HELP" ? { ...family, help: rest } : { ...family, type: rest })
      continue
    }
    const found = shape.exec(line)
    if (found === null) throw new Error(`no sample: ${line}`)
    const value = found[3] === "+Inf" ? Number.POSITIVE_INFINITY : Number(found[3])
    samples.push({ name: found[1]!, labels: labelsOf(found[2] ?? ""), value })
  }
  return { families, samples }
}

export const sample = (
  { samples }: Page,
  name: string,
  labels: Readonly<Record<string, string>> = {}
): number | undefined =>
  samples.find(
    (one) =>
      one.name === name &&
      Object.keys(one.labels).length === Object.keys(labels).length &&
      Object.entries(labels).every(([key, value]) => one.labels[key] === value)
  )?.value

/** The sum of all samples with these labels, whatever others they have. */
export const sumOf = (
  { samples }: Page,
  name: string,
  labels: Readonly<Record<string, string>> = {}
): number =>
  samples
    .filter(
      (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value)
    )
    .reduce((total, { value }) => total + value, 0)

const familyOf = (name: string, families: Page["families"]): Family | undefined =>
  families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ""))

/** What the rules of `promtool check metrics` say against it. */
export const problemsOf = ({ families, samples }: Page): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const complain = (name: string, what: string) => problems.push(`${name}: ${what}`)
  for (const { help, name, type } of families.values()) {
    if (help === "") complain(name, "no help")
    if (!["counter", "gauge", "histogram"].includes(type)) complain(name, `the type is ${type}`)
    if ((type === "counter") !== name.endsWith("_total"))
      complain(name, "counters, and only these, end in _total")
    if (!/^[a-z][a-z0-9_]*$/.test(name) || /__/.test(name)) complain(name, "is not in snake case")
    if (/_(counter|gauge|histogram|summary|bucket|sum|count)$/.test(name)) complain(name, "ends in a type")
    if (/_(ms|millis|milliseconds|minutes|hours|days|kb|mb|kib|mib|percent)(_|$)/.test(name))
      complain(name, "has no base unit")
  }
  const seen = new Set<string>()
  for (const { labels, name } of samples) {
    const family = familyOf(name, families)
    if (family === undefined) complain(name, "no type was told")
    const key = `${name} ${JSON.stringify(Object.entries(labels).sort())}`
    if (seen.has(key)) complain(key, "stands twice")
    seen.add(key)
    for (const given of Object.keys(labels)) {
      if (!/^[a-z][a-z_]*$/.test(given)) complain(name, `label ${given} is not in snake case`)
      if (given === "le" && family?.type !== "histogram") complain(name, "le belongs to histograms")
    }
  }
  return problems
}
