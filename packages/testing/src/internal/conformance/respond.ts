/** How one request is answered, or what is done to it instead. */
import type { ServerResponse } from "node:http"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Answer, Exchange, Fault } from "./exchange.ts"

export interface Turn {
  readonly fault: Fault | undefined
  readonly handle: () => Answer
  readonly note: (news: Partial<Exchange>) => void
}

/** Bytes of a cut answer's body that are promised and never sent. */
const withheld = 64
const pieces = 10
const endlessPiece = Buffer.alloc(64 * 1024, " ")

export const respond = (response: ServerResponse, { fault, handle, note }: Turn): Effect.Effect<void> => {
  let state: Exchange["state"] = "open"
  const end = (as: Exchange["state"]) => {
    if (state !== "open") return
    state = as
    note({ state })
  }
  response.once("finish", () => end("answered"))
  response.once("close", () => end("given-up"))
  response.on("error", () => end("given-up"))

  const handled = (): Answer => {
    const answer = handle()
    note({ answer })
    return answer
  }
  const breakOff = () => {
    end("broken")
    response.socket?.resetAndDestroy()
  }
  const body = bodyOf(response, note)

  switch (fault?.kind) {
    case undefined:
      return Effect.sync(() => reply(response, handled(), note))
    case "answer":
      return Effect.sync(() => reply(response, fault.answer, note))
    case "reset-before":
      return Effect.sync(breakOff)
    case "reset-after":
      return Effect.sync(() => {
        handled()
        breakOff()
      })
    case "cut-answer":
      return Effect.suspend(() => {
        const answer = handled()
        const text = Buffer.from(answer.body ?? "")
        body.begin(answer, text.length + withheld)
        if (text.length > 1) body.write(text.subarray(0, text.length / 2))
        // A reset overtakes what was sent just before: that is given time to arrive.
        return Effect.andThen(Effect.sleep("20 millis"), Effect.sync(breakOff))
      })
    case "nonsense":
      return Effect.sync(() => {
        end("broken")
        response.socket?.end("\u0001\u0002 this is no HTTP at all\r\n\r\n")
      })
    case "hang":
      return Effect.void
    case "slow-answer":
      return Effect.suspend(() => {
        const answer = handled()
        return Effect.andThen(
          Effect.sleep(fault.wait),
          Effect.sync(() => reply(response, answer, note))
        )
      })
    case "slow-body":
      return Effect.suspend(() => trickle(body, handled(), fault.wait))
    case "endless-body":
      return Effect.suspend(() => flood(response, body, handled()))
  }
}

const headersOf = ({ body, headers, status }: Answer, length?: number) => ({
  ...(body === undefined ? {} : { "content-type": "application/json" }),
  ...(length === undefined || status === 204 || status === 304 ? {} : { "content-length": String(length) }),
  ...headers
})

const reply = (response: ServerResponse, answer: Answer, note: Turn["note"]): void => {
  const body = Buffer.from(answer.body ?? "")
  response.writeHead(answer.status, headersOf(answer, body.length))
  note({ sent: body.length })
  response.end(body)
}

/** An answer that goes out bit by bit. */
interface Body {
  readonly begin: (answer: Answer, length?: number) => void
  /** Tells whether there is room for more. */
  readonly write: (part: Buffer) => boolean
  readonly end: () => void
}

const bodyOf = (response: ServerResponse, note: Turn["note"]): Body => {
  let sent = 0
  return {
    begin: (answer, length) => {
      response.writeHead(answer.status, headersOf(answer, length))
      response.flushHeaders()
    },
    write: (part) => {
      sent += part.length
      note({ sent })
      return response.write(part)
    },
    end: () => void response.end()
  }
}

const trickle = (body: Body, answer: Answer, wait: Duration.Input): Effect.Effect<void> => {
  const text = Buffer.from((answer.body ?? "").padEnd(pieces))
  const size = Math.ceil(text.length / pieces)
  const parts = Array.from({ length: pieces }, (_, at) => text.subarray(at * size, (at + 1) * size))
  const pause = Duration.toMillis(wait) / pieces
  const send = (part: Buffer) =>
    Effect.delay(
      Effect.sync(() => body.write(part)),
      pause
    )
  body.begin(answer, text.length)
  return Effect.andThen(Effect.forEach(parts, send, { discard: true }), Effect.sync(body.end))
}

const flood = (response: ServerResponse, body: Body, answer: Answer): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const more = () => {
      while (!response.destroyed) if (!body.write(endlessPiece)) return
    }
    response.on("drain", more)
    response.once("close", () => resume(Effect.void))
    body.begin(answer)
    more()
  })
