/** What the configuration says of retention, shares and thresholds, as conditions ask for it. */
import type { Loaded } from "@millrace/config/Config"
import { keptFor } from "../policyText.ts"
import type { Limits } from "./conditions.ts"

export const limitsOf = ({ definition, thresholds }: Pick<Loaded, "definition" | "thresholds">): Limits => {
  const routeOf = (name: string) => definition.routes.find((found) => found.name === name)
  return {
    thresholds,
    retentionOf: (route) => keptFor(routeOf(route), definition.retention),
    shareOf: (route) => routeOf(route)?.share
  }
}
