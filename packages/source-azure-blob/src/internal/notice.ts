/** What a message of a queue tells of a container. */
import { Notices } from "@millrace/objects"
import { isObject } from "effect/Predicate"

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Event Grid puts its JSON there in base64; who forwards it may write it plainly. */
const read = (text: string): unknown =>
  /^\s*[[{]/.test(text) ? parse(text) : parse(Buffer.from(text, "base64").toString())

const field = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined)

/** A name with signs that a URL writes otherwise stands there as it is, or as in a URL: both are looked at. */
const spellings = (name: string): ReadonlyArray<string> => {
  try {
    return [...new Set([name, decodeURIComponent(name)])]
  } catch {
    return [name]
  }
}

/** Of one event, by either of Event Grid's schemas. */
const ofEvent = (event: unknown, container: string): Notices.Notice => {
  const type = field(event, "eventType") ?? field(event, "type")
  if (typeof type !== "string") return Notices.foreign
  if (type === "Microsoft.EventGrid.SubscriptionValidationEvent") return { keys: [], isForeign: false }
  if (!type.startsWith("Microsoft.Storage.")) return Notices.foreign
  const subject = field(event, "subject")
  const start = `/blobServices/default/containers/${container}/blobs/`
  const isWritten = type === "Microsoft.Storage.BlobCreated" || type === "Microsoft.Storage.BlobRenamed"
  const isOurs = isWritten && typeof subject === "string" && subject.startsWith(start)
  return { keys: isOurs ? spellings(subject.slice(start.length)) : [], isForeign: false }
}

/** A notification of Event Grid: one event, or a list of them. */
export const noticeOf = (text: string, container: string): Notices.Notice => {
  const message = read(text)
  if (!Array.isArray(message)) return ofEvent(message, container)
  const notices = message.map((event) => ofEvent(event, container))
  return {
    keys: notices.flatMap(({ keys }) => keys),
    isForeign: notices.some(({ isForeign }) => isForeign)
  }
}
