import type * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** All that is wrong, on one line, by path. Schema issues do not hold the values found unless asked to. */
export const explainIssue = (error: Schema.SchemaError): string =>
  format(error.issue)
    .issues.map((issue) => {
      const path = (issue.path ?? []).map(String).join(".")
      return path === "" ? issue.message : `${path}: ${issue.message}`
    })
    .join("; ")
