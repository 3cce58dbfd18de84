/** The settings or credentials of a plugin as rows of a table, read from its schema. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaGetter from "effect/SchemaGetter"
import { code, type Row, table } from "./markdown.ts"

interface Field {
  readonly name: string
  readonly meaning: string
  readonly byDefault: string
}

/** A table of the fields, nested ones with dotted names; `undefined` when there are none. */
export const fieldTable = (head: string, schema: Schema.Top): string | undefined => {
  const fields = within(schema.ast, "")
  return fields.length === 0 ? undefined : table([head, "meaning", "default"], merged(fields).map(toRow))
}

const toRow = ({ byDefault, meaning, name }: Field): Row => [name, meaning, byDefault]

/** Fields of which the same is said, such as each feed's key, share the row of the last. */
const merged = (fields: ReadonlyArray<Field>): ReadonlyArray<Field> => {
  const rows = new Map<string, Field>()
  for (const field of fields) {
    const key = `${field.meaning}\n${field.byDefault}`
    const before = rows.get(key)
    rows.delete(key)
    rows.set(key, before === undefined ? field : { ...field, name: `${before.name}, ${field.name}` })
  }
  return [...rows.values()]
}

const within = (ast: SchemaAST.AST, prefix: string): ReadonlyArray<Field> => {
  if (SchemaAST.isArrays(ast)) return ast.rest.flatMap((part) => within(part, `${prefix.slice(0, -1)}[].`))
  if (!SchemaAST.isObjects(ast)) return []
  return ast.propertySignatures.flatMap(({ name, type }) => {
    const path = prefix + String(name)
    const inner = within(type, `${path}.`)
    const byDefault = defaultOf(type)
    // A group that is always there says nothing beside its members; one that may be absent is a choice of its own.
    const isGroup = inner.length > 0 && Option.isSome(byDefault)
    const own = { name: code(path), meaning: meaningOf(type, path), byDefault: show(type, byDefault) }
    return isGroup ? inner : [own, ...inner]
  })
}

/** As an operator would write it; none for what is required or may be absent. */
const defaultOf = (ast: SchemaAST.AST): Option.Option<unknown> => {
  const given = ast.encoding?.find(({ to }) => SchemaAST.isOptional(to))
  if (given === undefined || given.transformation._tag !== "Transformation") return Option.none()
  // The schemas of plugins need no services, so their defaults need none.
  const getter = given.transformation.decode as SchemaGetter.Getter<unknown, unknown>
  return Effect.runSync(SchemaGetter.run(getter, Option.none(), {}))
}

const show = (ast: SchemaAST.AST, byDefault: Option.Option<unknown>): string => {
  if (Option.isNone(byDefault)) return SchemaAST.isOptional(ast) ? "" : "required"
  const { value } = byDefault
  if (Array.isArray(value)) return code(`[${value.join(", ")}]`)
  return value === "" || typeof value === "object" ? "" : code(String(value))
}

/** A description may stand on the field, its value, a check of it, or on what it is decoded from. */
const textsOf = (ast: SchemaAST.AST): ReadonlyArray<unknown> => [
  ast.context?.annotations?.["description"],
  ast.annotations?.["description"],
  ...(ast.checks ?? []).map(({ annotations }) => annotations?.["description"]),
  ...(ast.encoding ?? []).flatMap(({ to }) => textsOf(to))
]

const meaningOf = (ast: SchemaAST.AST, path: string): string => {
  const text = textsOf(ast).find((text) => typeof text === "string")
  if (text === undefined) throw new Error(`${path} has no description`)
  return String(text)
}
