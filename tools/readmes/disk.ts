/** What the files destination makes of errors of the disk, as a table. */
import { constants } from "node:os"
import { outcome } from "../../packages/destination-files/src/Answer.ts"
import { code, table } from "./markdown.ts"

/** Every error that the system has a name for. */
export const diskTable = (): string => {
  const errors = Object.keys(constants.errno).map((name) => ({
    name,
    outcome: outcome("path", Object.assign(new Error(name), { code: name }))
  }))
  const byReason = Map.groupBy(errors, ({ outcome }) => outcome.reason)
  const most = Math.max(...[...byReason.values()].map(({ length }) => length))
  const rows = [...byReason].map(([reason, group]) => {
    const advice = group[0]!.outcome.detail?.replace(/ \(.*\)$/, "").replace(/^path/, code("path")) ?? ""
    const names = group.map(({ name }) => code(name)).join(", ")
    return [group.length === most ? "anything else" : names, `Retry ${code(reason)}: ${advice}`] as const
  })
  const isRest = ([names]: readonly [string, string]) => names === "anything else"
  const ordered = [...rows.filter((row) => !isRest(row)), ...rows.filter(isRest)]
  return table(
    ["the disk says", "outcome"],
    [["the file and its name are on the disk (`fsync`)", "Delivered"], ...ordered]
  )
}
