import { avro, notInCustomHttp, onlyInCustomHttp } from "../generated/forms.ts"

export interface Field {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  /** Braze's own marks, as its schemas carry them. */
  readonly doc: string
}

/** What the two forms of a type hold. */
export interface Form {
  readonly avro: ReadonlyArray<Field>
  readonly onlyInCustomHttp: ReadonlyArray<Field>
  readonly notInCustomHttp: ReadonlySet<string>
}

const parse = (tokens: string | undefined): ReadonlyArray<Field> =>
  (tokens ?? "").split(" ").flatMap((token) => {
    const match = /^(\w+):(\w+(?:\??\[\])?)([?*-]*)$/.exec(token)
    if (match === null) return []
    const flags = match[3]!
    const doc = (flags.includes("*") ? "[PII]" : "") + (flags.includes("-") ? "[DEPRECATED]" : "")
    return [{ name: match[1]!, type: match[2]!, nullable: flags.includes("?"), doc }]
  })

const made = new Map<string, Form>()

/** The forms of a type of the catalogue; empty for any other. */
export const form = (type: string): Form => {
  const found = made.get(type)
  if (found !== undefined) return found
  const read = (column: { readonly [type: string]: string }) =>
    Object.hasOwn(column, type) ? column[type] : ""
  const result: Form = {
    avro: parse(read(avro)),
    onlyInCustomHttp: parse(read(onlyInCustomHttp)),
    notInCustomHttp: new Set(read(notInCustomHttp)?.split(" "))
  }
  made.set(type, result)
  return result
}

const avroType = (type: string): unknown => {
  if (!type.endsWith("[]")) return type
  const item = type.replace(/\??\[\]$/, "")
  return { type: "array", items: type.endsWith("?[]") ? ["null", item] : item }
}

/** The text of a writer schema, with the names that Currents' own files use. */
export const schemaText = (type: string, fields: ReadonlyArray<Field>): string => {
  const dot = type.lastIndexOf(".")
  return JSON.stringify({
    type: "record",
    name: type.slice(dot + 1),
    namespace: `dataexport.S3.inner.${type.slice(0, dot)}`,
    fields: fields.map(({ name, type, nullable, doc }) => ({
      name,
      type: nullable ? ["null", avroType(type)] : avroType(type),
      ...(nullable ? { default: null } : {}),
      ...(doc === "" ? {} : { doc })
    }))
  })
}
