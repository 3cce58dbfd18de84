/** The notifications of a bucket in an SQS queue. */
import type { Message, SQSClient } from "@aws-sdk/client-sqs"
import { SourceError } from "@millrace/core/Source"
import { Notices } from "@millrace/objects"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Config } from "./client.ts"
import { faultOf } from "./fault.ts"
import { noticeOf } from "./notice.ts"

/** Seconds that a question waits for a message. */
const patience = 20

const missing = new SourceError({
  kind: "fatal",
  reason: "not-installed",
  detail: "settings.queue needs @aws-sdk/client-sqs; install it: npm install @aws-sdk/client-sqs"
})

const regionIn = (url: string): string | undefined => /^https:\/\/sqs\.([\w-]+)\.amazonaws\./.exec(url)?.[1]

/** Suspends until there are keys; never fails. */
export const open = Effect.fnUntraced(function* (
  { endpoint: _, forcePathStyle: __, ...config }: Config,
  url: string,
  bucket: string
): Effect.fn.Return<Effect.Effect<ReadonlyArray<string>>, SourceError, Scope.Scope> {
  const library = yield* Effect.tryPromise({ try: () => import("@aws-sdk/client-sqs"), catch: () => missing })
  const region = regionIn(url) ?? config.region
  const client: SQSClient = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new library.SQSClient({
          ...config,
          ...(region === undefined ? {} : { region }),
          endpoint: new URL(url).origin,
          useQueueUrlAsEndpoint: false
        })
    ),
    (client) => Effect.sync(() => client.destroy())
  )
  const ask = <A>(asking: (abortSignal: AbortSignal) => Promise<A>) =>
    Effect.tryPromise({ try: asking, catch: faultOf("list", url) })

  const receive = ask((abortSignal) =>
    client.send(
      new library.ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: patience
      }),
      { abortSignal, requestTimeout: (patience + 10) * 1000 }
    )
  )

  const remove = (messages: ReadonlyArray<Message>) => {
    const Entries = messages.flatMap(({ ReceiptHandle }, index) =>
      ReceiptHandle === undefined ? [] : [{ Id: String(index), ReceiptHandle }]
    )
    const command = new library.DeleteMessageBatchCommand({ QueueUrl: url, Entries })
    return ask((abortSignal) => client.send(command, { abortSignal }))
  }

  return Notices.told({
    label: url,
    expected: "notifications of a bucket",
    receive: Effect.map(receive, ({ Messages = [] }) => Messages),
    noticeOf: ({ Body = "" }) => noticeOf(Body, bucket),
    remove
  })
})
