/** The notifications of a container in a storage queue that Event Grid fills. */
import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue"
import { SourceError } from "@millrace/core/Source"
import { Notices } from "@millrace/objects"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Credentials, identityOf, options } from "./client.ts"
import { faultOf } from "./fault.ts"
import { noticeOf } from "./notice.ts"

/** A queue does not wait for a message. Milliseconds between two questions while there are some, and the most without any. */
const pauses = { first: 1000, longest: 10_000 }

const role = "Storage Queue Data Message Processor on the queue"

const missing = new SourceError({
  kind: "fatal",
  reason: "not-installed",
  detail: "settings.queue needs @azure/storage-queue; install it: npm install @azure/storage-queue"
})

/** What a connection string says by this name; it may have `=` in it. */
const partOf = (text: string, name: string): string | undefined =>
  text
    .split(";")
    .find((part) => part.trim().startsWith(`${name}=`))
    ?.trim()
    .slice(name.length + 1)

const clientOf = Effect.fnUntraced(function* (url: string, { connectionString, sasToken }: Credentials) {
  const library = yield* Effect.tryPromise({
    try: () => import("@azure/storage-queue"),
    catch: () => missing
  })
  const given = connectionString === undefined ? "" : Redacted.value(connectionString)
  const [account, key] = [partOf(given, "AccountName"), partOf(given, "AccountKey")]
  if (account !== undefined && key !== undefined) {
    return new library.QueueClient(url, new library.StorageSharedKeyCredential(account, key), options)
  }
  const signature = sasToken === undefined ? partOf(given, "SharedAccessSignature") : Redacted.value(sasToken)
  return signature === undefined
    ? new library.QueueClient(url, yield* identityOf, options)
    : new library.QueueClient(`${url}?${signature.replace(/^\?/, "")}`, undefined, options)
})

/** Suspends until there are keys, or for a while; never fails. */
export const open = Effect.fnUntraced(function* (url: string, container: string, credentials: Credentials) {
  const client: QueueClient = yield* clientOf(url, credentials)
  let pause = 0

  const ask = <A>(asking: (abortSignal: AbortSignal) => Promise<A>) =>
    Effect.tryPromise({ try: asking, catch: faultOf("list", url, role) })

  const receive = Effect.gen(function* () {
    if (pause > 0) yield* Effect.sleep(pause)
    const { receivedMessageItems: messages } = yield* ask((abortSignal) =>
      client.receiveMessages({ numberOfMessages: 32, abortSignal })
    )
    pause = messages.length > 0 ? pauses.first : Math.min(pauses.longest, Math.max(pauses.first, pause * 2))
    return messages
  })

  /** One that another had meanwhile, or has deleted, is no failure: it was a hint. */
  const remove = ({ messageId, popReceipt }: DequeuedMessageItem) =>
    Effect.catchIf(
      ask((abortSignal) => client.deleteMessage(messageId, popReceipt, { abortSignal })),
      ({ reason }) => reason === "not-found" || reason === "failed",
      () => Effect.void
    )

  return Notices.told<DequeuedMessageItem>({
    label: url,
    expected: "notifications of a container",
    receive,
    noticeOf: ({ messageText }) => noticeOf(messageText, container),
    remove: (messages) => Effect.forEach(messages, remove, { concurrency: 8, discard: true })
  })
})
