/** A push source as its author would write it: a server that takes one event a request; and parts of it changed. */
import { createServer, request, type Server, type ServerResponse } from "node:http"
import * as Catalogue from "@millrace/core/Catalogue"
import type { Event } from "@millrace/core/Event"
import type { Chunk, Intake } from "@millrace/core/Intake"
import * as Source from "@millrace/core/Source"
import type { SourceUnderTest, Supply } from "@millrace/testing/SourceConformance"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { freePort } from "../../../../tools/freePort.ts"

/** What a change may replace. */
export interface Parts {
  readonly take: (intake: Intake, chunk: Chunk, answer: (status: number) => void) => Effect.Effect<void>
  readonly bad: (text: string) => Chunk["malformed"]
  readonly close: (server: Server) => void
}

const honest: Parts = {
  take: Effect.fnUntraced(function* (intake, chunk, answer) {
    if (yield* intake.full) return answer(503)
    yield* intake.append(chunk)
    answer(204)
  }),
  bad: (text) => [{ reason: "malformed", detail: "no JSON", position: "byte 0", raw: Buffer.from(text) }],
  close: (server) => {
    server.close()
    server.closeAllConnections()
  }
}

const chunkOf = (text: string, { bad }: Parts): Chunk => {
  try {
    return { events: [JSON.parse(text)], malformed: [] }
  } catch {
    return { events: [], malformed: bad(text) }
  }
}

const settings = Schema.Struct({ port: Schema.Int.annotate({ description: "The port to listen on." }) })

const inbox = (changes: Partial<Parts> = {}) => {
  const parts = { ...honest, ...changes }
  const answering = (response: ServerResponse) => (status: number) => void response.writeHead(status).end()
  return Source.plugin({
    name: "@millrace/source-inbox",
    settings,
    catalogue: Catalogue.any,
    run: ({ port }) =>
      Effect.fnUntraced(function* (intake) {
        const fork = yield* FiberSet.makeRuntime<never>()
        const server = createServer((incoming, response) => {
          let text = ""
          incoming.on("data", (part) => (text += part))
          incoming.on("end", () => fork(parts.take(intake, chunkOf(text, parts), answering(response))))
        })
        yield* Effect.acquireRelease(
          Effect.callback<void, Source.SourceError>((resume) => {
            server.once("error", ({ message }) =>
              resume(Effect.fail(new Source.SourceError({ detail: message })))
            )
            server.listen(port, "127.0.0.1", () => resume(Effect.void))
          }),
          () => Effect.sync(() => parts.close(server))
        )
        return yield* Effect.never
      }, Effect.scoped)
  })
}

const post = (port: number, body: string) =>
  Effect.callback<boolean>((resume, signal) => {
    request({ port, host: "127.0.0.1", method: "POST", agent: false, signal }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode === 204))
    })
      .on("error", () => resume(Effect.succeed(false)))
      .end(body)
  })

const supply: Effect.Effect<Supply<{ readonly port: number }>, never, Scope.Scope> = Effect.map(
  Effect.promise(() => freePort()),
  (port) => {
    const events = Array.from(
      { length: 9 },
      (_, at): Event => ({ id: `letter ${at}`, type: "letter", time: at, user: {}, properties: { at } })
    )
    const bodies = [...events.map((event) => JSON.stringify(event)), "{ no event"]
    return {
      settings: { port },
      ids: events.map(({ id }) => id),
      malformed: 1,
      requests: bodies.map((body) => post(port, body))
    }
  }
)

export const under = (changes: Partial<Parts> = {}): SourceUnderTest<Event, { readonly port: number }> => ({
  plugin: inbox(changes),
  kind: "push",
  supply
})

export const brokenInboxes = [
  {
    fault: "an answer before the append",
    parts: {
      take: Effect.fnUntraced(function* (intake, chunk, answer) {
        if (yield* intake.full) return answer(503)
        answer(204)
        yield* intake.append(chunk)
      })
    },
    breaks: "acknowledges only what is durable, whichever append a crash comes in"
  },
  {
    fault: "no question whether there is room",
    parts: {
      take: (intake, chunk, answer) =>
        Effect.andThen(
          intake.append(chunk),
          Effect.sync(() => answer(204))
        )
    },
    breaks: "says later while the outbox is full, and appends nothing"
  },
  {
    fault: "bad records that are passed over",
    parts: { bad: () => [] },
    breaks: "makes one bad record of each damage, and goes on behind it"
  }
] satisfies ReadonlyArray<{ readonly fault: string; readonly parts: Partial<Parts>; readonly breaks: string }>
