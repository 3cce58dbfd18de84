/** From event to message: what the file's format keeps of the event, in one line, and its folder as meta. */
import type { Event } from "@millrace/core/Event"
import * as Message from "@millrace/core/Message"
import { type Rejected, rejected } from "@millrace/core/Outcome"
import * as Result from "effect/Result"
import type { Settings } from "../Settings.ts"
import type { Format } from "./format.ts"
import * as Partition from "./partition.ts"

export const preparer = (
  levels: Settings["partitionBy"],
  { lineOf }: Format
): ((event: Event) => Result.Result<Message.Message<string>, Rejected>) => {
  const folderOf = Partition.folderOf(levels)
  return (event) => {
    if (!isWhole(event)) return Result.fail(malformed)
    if (!Partition.isDated(event.time)) return Result.fail(badTime)
    return Result.succeed(Message.text<string>(event.id, lineOf(event), folderOf(event)))
  }
}

/** No catalogue stands before this destination, and a file with one bad row could not be written at all. */
const isWhole = ({ id, properties, type, user }: Event): boolean =>
  typeof id === "string" && typeof type === "string" && isObject(user) && isObject(properties)

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null

const malformed = rejected(
  "malformed",
  "an event has texts as id and type, and objects as user and properties"
)
const badTime = rejected("bad-time", "the time is not within the years 0 to 9999")
