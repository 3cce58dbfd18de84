/**
 * walkerOS's collector with a destination that does the same mapping, by its batch interface. Keeps the latest 1,000
 * events in memory and nothing on disk.
 *
 * In its favour: the mapping is done in code, and bodies are posted on the floor's pool.
 */
import { createRequire } from "node:module"
import * as InFlight from "../inFlight.ts"
import { feedOf, feeds } from "../message.ts"
import { readEvents } from "../readEvents.ts"
import { type Collected, toMessage, toWalker, type WalkerEvent } from "../walkerEvents.ts"
import { fail, given, perRequest, requests } from "./given.ts"
import { close, post } from "./post.ts"

interface Batch {
  readonly entries: ReadonlyArray<{ readonly event: Collected }>
}

/** As much of it as is used here: it is installed apart from the workspace. */
interface Walker {
  readonly startFlow: (config: object) => Promise<{
    readonly collector: {
      readonly push: (event: WalkerEvent) => Promise<{ readonly ok: boolean }>
      readonly status: {
        readonly destinations: {
          readonly mparticle?: { readonly count: number; readonly failed: number }
        }
      }
    }
    readonly elb: (command: string) => Promise<unknown>
  }>
}

const require = createRequire(new URL("../../peers/package.json", import.meta.url))
const { startFlow }: Walker = require("@walkeros/collector")

const inFlight = InFlight.make(requests)

// By number alone: no timer cuts a batch short.
const batch = { size: perRequest, wait: 600_000, age: 600_000 }

const { collector, elb } = await startFlow({
  destinations: {
    mparticle: {
      code: {
        type: "mparticle",
        config: {},
        push: () => fail("an event came alone"),
        pushBatch: async ({ entries }: Batch) => {
          const body = JSON.stringify(entries.map(({ event }) => toMessage(event)))
          const posted = post(entries[0]!.event.entity, body)
          inFlight.add(posted)
          await posted
        }
      },
      config: { init: true, mapping: Object.fromEntries(feeds.map((feed) => [feed, { "*": { batch } }])) }
    }
  }
})

let chunk: Array<WalkerEvent> = []
let pushed = 0

await readEvents(
  given.input,
  (event) => {
    const feed = feedOf(event)
    if (feed !== undefined) chunk.push(toWalker(feed, event))
  },
  async () => {
    for (const event of chunk) {
      const { ok } = await collector.push(event)
      if (!ok) fail("an event was not taken")
    }
    pushed += chunk.length
    chunk = []
    await inFlight.room()
  }
)
await elb("walker shutdown")
await inFlight.idle()
await close()
const { count, failed } = collector.status.destinations.mparticle ?? { count: 0, failed: 0 }
if (count !== pushed || failed > 0) fail(`${count} of ${pushed} events were delivered`)
