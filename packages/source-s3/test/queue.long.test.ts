import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient
} from "@aws-sdk/client-sqs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Contents from "../../objects/test/support/contents.ts"
import * as Bucket from "./support/bucket.ts"
import * as Recorder from "./support/recorder.ts"

/** A queue of a server, and what S3 would send to it. */
const queueOf = Effect.fnUntraced(function* (endpoint: string) {
  const client = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new SQSClient({
          endpoint,
          region: "us-east-1",
          credentials: { accessKeyId: "a", secretAccessKey: "b" },
          useQueueUrlAsEndpoint: false
        })
    ),
    (client) => Effect.sync(() => client.destroy())
  )
  const { QueueUrl = "" } = yield* Effect.promise(() =>
    client.send(new CreateQueueCommand({ QueueName: "currents" }))
  )
  const send = (body: unknown) =>
    Effect.promise(() =>
      client.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: typeof body === "string" ? body : JSON.stringify(body)
        })
      )
    )
  const left = Effect.promise(async () => {
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] })
    )
    return (
      Number(Attributes["ApproximateNumberOfMessages"]) +
      Number(Attributes["ApproximateNumberOfMessagesNotVisible"])
    )
  })
  return { url: `${endpoint}${QueueUrl.slice(QueueUrl.indexOf("/", "http://".length))}`, send, left }
})

/** As S3 writes it: a plus as `%2B`, a space as `+`. */
const notice = (key: string) => ({
  Records: [
    {
      eventSource: "aws:s3",
      eventName: "ObjectCreated:Put",
      s3: {
        bucket: { name: Bucket.bucket },
        object: { key: encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/") }
      }
    }
  ]
})

const keyOf = (name: string) =>
  `currents/dataexport.prod-01.S3.integration.5f0e/event_type=users.messages.email.Open/date=2026-06-29-13/42/prod-01/${name}`

describe("a queue of notifications", () => {
  it.live("has an object read at once; what is foreign, a test or gone does no harm, and is deleted", () =>
    Effect.gen(function* () {
      const endpoint = yield* Bucket.server
      const { put, settings } = yield* Bucket.filled(endpoint, { [keyOf("x+0+1.json")]: Contents.lines(1) })
      const queue = yield* queueOf(endpoint)
      const recorder = Recorder.make()
      yield* Effect.forkScoped(
        Recorder.run(
          recorder,
          {
            ...settings,
            prefix: "currents/",
            format: "braze-currents",
            interval: "1 hour",
            queue: queue.url
          },
          { follow: true }
        )
      )
      yield* Recorder.until(recorder, () => recorder.ids.length === 1)
      for (const body of [
        { Service: "Amazon S3", Event: "s3:TestEvent", Bucket: Bucket.bucket },
        "no JSON",
        { order: 7 },
        notice(keyOf("gone+0+9.json")),
        notice("elsewhere/a.json")
      ])
        yield* queue.send(body)
      yield* put(keyOf("x+1+2.json"), Contents.lines(1, 1))
      yield* put(keyOf("a b+1+2.json"), Contents.lines(1, 2))
      yield* put("currents/late/other.json", Contents.lines(1, 3))
      yield* queue.send(notice(keyOf("x+1+2.json")))
      yield* Recorder.until(recorder, () => recorder.ids.length === 3)
      yield* queue.send({ Type: "Notification", Message: JSON.stringify(notice("currents/late/other.json")) })
      yield* Recorder.until(recorder, () => recorder.ids.length === 4)
      assert.strictEqual(new Set(recorder.ids).size, 4)
      assert.strictEqual(yield* queue.left, 0)
      assert.deepStrictEqual(recorder.problems, [])
      assert.strictEqual(
        recorder.logs.filter((line) => /give the source a queue of its own/.test(line)).length,
        1
      )
    })
  )

  it.live("that is not there is told once, and objects are found by listing", () =>
    Effect.gen(function* () {
      const endpoint = yield* Bucket.server
      const { put, settings } = yield* Bucket.filled(endpoint, { [keyOf("1.json")]: Contents.lines(1) })
      const recorder = Recorder.make()
      yield* Effect.forkScoped(
        Recorder.run(
          recorder,
          {
            ...settings,
            prefix: "currents/",
            format: "braze-currents",
            interval: "50 millis",
            queue: `${settings.endpoint}/000000000000/nothing`
          },
          { follow: true }
        )
      )
      yield* Recorder.until(recorder, () => recorder.ids.length === 1)
      const hour = new Date().toISOString().slice(0, 13).replace("T", "-")
      yield* put(keyOf("2.json").replace("2026-06-29-13", hour), Contents.lines(1, 1))
      yield* Recorder.until(recorder, () => recorder.ids.length === 2)
      assert.strictEqual(recorder.logs.filter((line) => /found by listing meanwhile/.test(line)).length, 1)
    })
  )
})
