/** What a message of a queue tells of a bucket. */
import { Notices } from "@millrace/objects"
import { isObject } from "effect/Predicate"

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Keys stand there as in a form: `+` is a space, and a plus is `%2B`. */
const decode = (key: string): ReadonlyArray<string> => {
  try {
    return [decodeURIComponent(key.replaceAll("+", " "))]
  } catch {
    return []
  }
}

const field = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value)

/** Of S3 itself, `{ Records: [...] }`. */
const ofRecord = (record: unknown, bucket: string): ReadonlyArray<string> => {
  const [name, key] = [field(record, "eventName"), field(record, "s3", "object", "key")]
  const isWritten = typeof name === "string" && /^(?:s3:)?ObjectCreated:/.test(name)
  return isWritten && field(record, "s3", "bucket", "name") === bucket && typeof key === "string"
    ? decode(key)
    : []
}

/** A notification of S3, also as SNS or EventBridge hand it on. */
export const noticeOf = (body: string, bucket: string): Notices.Notice => {
  const message = parse(body)
  const inner = field(message, "Message")
  if (field(message, "Type") === "Notification" && typeof inner === "string") return noticeOf(inner, bucket)
  const records = field(message, "Records")
  if (Array.isArray(records)) {
    const isForeign = !records.every((record) => isObject(field(record, "s3")))
    return { keys: records.flatMap((record) => ofRecord(record, bucket)), isForeign }
  }
  if (field(message, "Event") === "s3:TestEvent") return { keys: [], isForeign: false }
  // EventBridge writes keys as they are.
  const key = field(message, "detail", "object", "key")
  if (field(message, "source") !== "aws.s3" || typeof key !== "string") return Notices.foreign
  const isWritten = field(message, "detail-type") === "Object Created"
  const isOurs = field(message, "detail", "bucket", "name") === bucket
  return { keys: isWritten && isOurs ? [key] : [], isForeign: false }
}
