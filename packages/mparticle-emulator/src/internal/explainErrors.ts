import type { ErrorObject } from "ajv"

const named = ["additionalProperty", "unevaluatedProperty", "propertyName"]
const listed = ["allowedValue", "allowedValues"]

const explain = (error: ErrorObject): string => {
  const parameters: Record<string, unknown> = error.params
  const names = named.flatMap((key) => (key in parameters ? [` '${parameters[key]}'`] : []))
  const values = listed.flatMap((key) => (key in parameters ? [` (${parameters[key]})`] : []))
  return `${error.instancePath || "/"}: ${error.message ?? error.keyword}${names.join("")}${values.join("")}`
}

/** The `if` errors of the schema only repeat that something inside is wrong, so they are left out. */
export const explainErrors = (errors: ReadonlyArray<ErrorObject>): ReadonlyArray<string> =>
  errors.filter((error) => error.keyword !== "if").map(explain)
