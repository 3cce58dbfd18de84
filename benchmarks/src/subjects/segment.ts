/**
 * Segment's `@segment/actions-core` with a destination that does the same mapping: its subscription, its mapping
 * directives, its validation of the payload and its request client, by `onBatch`. Keeps nothing on disk.
 *
 * `--variant code` sends five fields through Segment's own mapping, `--variant directives` all of them. In its favour:
 * batches come ready-made, and connections are kept alive, which its request client does not do by itself.
 */
import { createRequire } from "node:module"
import * as InFlight from "../inFlight.ts"
import { type Feed, feedOf } from "../message.ts"
import { readEvents } from "../readEvents.ts"
import { byDirectives, inCode, type Payload, type Tracked, tracked } from "../segmentActions.ts"
import { fail, forFeeds, given, headersOf, path, perRequest, requests } from "./given.ts"

type Send = (url: string, options: object) => Promise<unknown>

/** As much of it as is used here: it is installed apart from the workspace. */
interface Core {
  readonly Destination: new (
    definition: object
  ) => {
    readonly responses: Array<unknown>
    readonly onBatch: (
      events: ReadonlyArray<Tracked>,
      settings: object
    ) => Promise<ReadonlyArray<{ readonly multistatus?: ReadonlyArray<{ readonly status: number }> }>>
  }
}

const require = createRequire(new URL("../../peers/package.json", import.meta.url))
const { Destination }: Core = require("@segment/actions-core")

const action = given.variant === "directives" ? byDirectives : inCode

const destination = new Destination({
  name: "mParticle",
  mode: "cloud",
  actions: {
    upload: {
      title: "Upload",
      description: "Posts events to mParticle",
      fields: action.fields,
      perform: () => fail("an event came alone"),
      performBatch: (
        send: Send,
        { payload, settings }: { payload: ReadonlyArray<Payload>; settings: { feed: Feed } }
      ) =>
        send(given.url + path, {
          method: "post",
          headers: { ...headersOf(settings.feed), connection: "keep-alive" },
          json: payload.map(action.toMessage)
        })
    }
  }
})

const subscriptions = [{ partnerAction: "upload", subscribe: 'type = "track"', mapping: action.mapping }]

const inFlight = InFlight.make(requests)
const waiting = forFeeds((): Array<Tracked> => [])

const send = async (feed: Feed, events: ReadonlyArray<Tracked>): Promise<void> => {
  const [result] = await destination.onBatch(events, { feed, subscriptions })
  const sent = result?.multistatus?.filter(({ status }) => status === 202).length
  if (sent !== events.length) fail(`${sent} of ${events.length} events were taken`)
  // It keeps every response; whoever runs it lets go of them.
  destination.responses.length = 0
}

await readEvents(
  given.input,
  (event) => {
    const feed = feedOf(event)
    if (feed === undefined) return
    const events = waiting.get(feed)!
    events.push(tracked(event))
    if (events.length === perRequest) inFlight.add(send(feed, events.splice(0)))
  },
  inFlight.room
)
for (const [feed, events] of waiting) if (events.length > 0) inFlight.add(send(feed, events))
await inFlight.idle()
