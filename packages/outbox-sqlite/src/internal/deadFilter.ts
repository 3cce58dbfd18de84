/** A filter of dead letters, as SQLite is asked. */
import type { SQLInputValue } from "node:sqlite"
import type { DeadLetterFilter } from "@millrace/core/Outbox"
import * as OutboxRules from "@millrace/core/OutboxRules"

/** From where letters are taken, and which; `parameters` stand in the order of the marks of `where`. */
export interface Asked {
  readonly from: string
  readonly where: string
  readonly parameters: ReadonlyArray<SQLInputValue>
}

/** Letters from beyond `after` up to `last`. No row of a letter is read: indexes hold all that a filter asks for. */
export const asked = (filter: DeadLetterFilter, after: number, last: number): Asked => {
  const { ids, route, lane, reason, from, to, type, eventId, user, unread } = filter
  const parts: ReadonlyArray<readonly [sql: string, value: SQLInputValue | undefined]> = [
    ["dead.id > ?", after],
    ["dead.id <= ?", last],
    ["dead.id in (select value from json_each(?))", ids === undefined ? undefined : JSON.stringify(ids)],
    ["route = ?", route],
    ["lane = ?", lane],
    ["reason = ?", reason],
    ["at >= ?", from],
    ["at < ?", to],
    ["(letter_key.id is null or type glob ?)", type?.replace(/[[?]/g, "[$&]")],
    [
      "(letter_key.id is null or instr(keys, ?))",
      eventId === undefined ? undefined : OutboxRules.keyOfEvent(eventId)
    ],
    [
      "(letter_key.id is null or instr(keys, ?))",
      user === undefined ? undefined : OutboxRules.keyOfUser(user)
    ]
  ]
  const given = parts.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]))
  const isJoined = OutboxRules.asksForKeys(filter) || unread === true
  return {
    // A few ids are found at once; else the rows, each with its record, must not be walked through.
    from: `dead ${ids === undefined ? "indexed by dead_head" : ""} ${isJoined ? "left join letter_key on letter_key.id = dead.id" : ""}`,
    where: [...given.map(({ sql }) => sql), ...(unread === true ? ["letter_key.id is null"] : [])].join(
      " and "
    ),
    parameters: given.map(({ value }) => value)
  }
}
