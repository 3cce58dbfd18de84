/** The fields of a schema, with what is said of each. */
import type * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

export interface Field {
  /** From the outermost field inwards. */
  readonly path: ReadonlyArray<string>
  readonly isDescribed: boolean
}

/** Every field that has a name of its own, nested ones among them. */
export const fields = (schema: Schema.Top): ReadonlyArray<Field> => within(schema.ast, [])

const within = (ast: SchemaAST.AST, path: ReadonlyArray<string>): ReadonlyArray<Field> => {
  if (SchemaAST.isObjects(ast)) {
    return ast.propertySignatures.flatMap(({ name, type }) => {
      const inner = [...path, String(name)]
      return [{ path: inner, isDescribed: isDescribed(type) }, ...within(type, inner)]
    })
  }
  if (SchemaAST.isArrays(ast)) return [...ast.elements, ...ast.rest].flatMap((part) => within(part, path))
  if (SchemaAST.isUnion(ast)) return ast.types.flatMap((part) => within(part, path))
  // A value that is made of something else, such as a class of its fields.
  return ast.encoding?.flatMap(({ to }) => within(to, path)) ?? []
}

const hasText = (annotations: { readonly description?: unknown } | undefined): boolean =>
  typeof annotations?.description === "string" && annotations.description.trim() !== ""

/** A description may stand on the field, its value, a check of it, or on what it is decoded from. */
const isDescribed = (ast: SchemaAST.AST): boolean =>
  hasText(ast.annotations) ||
  hasText(ast.context?.annotations) ||
  (ast.checks?.some((check) => hasText(check.annotations)) ?? false) ||
  (ast.encoding?.some(({ to }) => isDescribed(to)) ?? false)
