/** Dead letters as an operator finds them: what it was, where it stands, and what was sent. */
import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assertEnded } from "./support/millrace.ts"
import * as World from "./support/world.ts"

/** A remote that refuses every message, and keeps the bodies it was sent. */
const refusing = Effect.gen(function* () {
  const bodies: Array<string> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      bodies.push(Buffer.concat(chunks).toString())
      response.writeHead(400).end("no such person")
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.sync(() => server.close())
  )
  const address = server.address()
  return { bodies, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/` }
})

const event =
  '{"event_type":"users.messages.email.Open","id":"a-1","time":1782742805,"user":{"user_id":"u-1"},"properties":{"campaign_id":"c-1"}}'

describe("a dead letter", () => {
  it.live("tells its event, the place it came from, and the message that was sent", () =>
    Effect.gen(function* () {
      const world = yield* World.make
      const remote = yield* refusing
      world.put("export/a.ndjson", `${event}\nnot an event\n`)
      const to = { use: "@millrace/destination-http", settings: { url: remote.url, batch: "single" } }
      const file = world.configure({
        ...World.configuration(remote.url),
        routes: [{ name: "kept", policy: World.patient, to }]
      })
      assertEnded(yield* world.millrace(["run", file]), 4)

      const listed = yield* world.millrace(["dead-letters", "list", file, "--json"])
      assertEnded(listed, 0)
      const { total, letters } = JSON.parse(listed.stdout)
      assert.strictEqual(total, 2)
      const [bad, refused] = letters[0].event === "" ? letters : letters.toReversed()
      assert.deepInclude(bad, { route: "kept", lane: "", reason: "malformed", type: "", event: "" })
      assert.match(bad.detail, /^line 2, byte \d+: not JSON/)
      assert.deepInclude(refused, {
        route: "kept",
        type: "users.messages.email.Open",
        event: "a-1",
        place: `a.ndjson, before byte ${event.length + 1 + "not an event\n".length}`
      })
      assert.include(refused.detail, "no such person")

      const shown = yield* world.millrace(["dead-letters", "show", file, String(refused.id)])
      assertEnded(shown, 0)
      const { message, place } = JSON.parse(shown.stdout)
      assert.strictEqual(place, refused.place)
      assert.strictEqual(remote.bodies.length, 1)
      assert.deepStrictEqual(message, JSON.parse(remote.bodies[0] ?? ""))
      const other = yield* world.millrace(["dead-letters", "show", file, String(bad.id)])
      assert.notProperty(JSON.parse(other.stdout), "message")

      // By another configuration, which leaves the event out now.
      const changed = world.configure(
        {
          ...World.configuration(remote.url),
          routes: [{ name: "kept", transforms: [{ select: "false" }], to }]
        },
        "changed.yaml"
      )
      const gone = yield* world.millrace(["dead-letters", "show", changed, String(refused.id)])
      assert.match(JSON.parse(gone.stdout).noMessage, /^the route leaves it out/)
    })
  )
})
