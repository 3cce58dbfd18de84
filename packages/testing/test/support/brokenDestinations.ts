/** Destinations with one fault each, and the one promise that it breaks. */
import { connect } from "node:net"
import * as Destination from "@millrace/core/Destination"
import * as Message from "@millrace/core/Message"
import { DeliveryError, delivered, Outcomes, rejected, retry } from "@millrace/core/Outcome"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type AcmeEvent, attempt, honest, outcomeOf, type Parts } from "./acme.ts"
import { beginningOf } from "./beginningOf.ts"

export interface Broken {
  /** What is wrong with it. */
  readonly fault: string
  readonly parts: Partial<Parts>
  /** The promise, word for word. */
  readonly breaks: string
  /** It gives up what takes long, which on a slow machine may be anything. */
  readonly isHasty?: boolean
}

const contentOf = ({ id, properties, type }: AcmeEvent) => ({ id, type, ...properties })

/** The honest judge, but for one status. */
const judging =
  (status: number, outcome: ReturnType<typeof rejected>): Parts["judge"] =>
  async (response) => {
    const honestly = await honest.judge(response)
    return response.status === status ? outcome : honestly
  }

/** Takes errors of one kind, by their name or code, for a refusal. */
const catching =
  (kind: RegExp): Parts["caught"] =>
  (error) => {
    const cause: unknown = error instanceof Error ? error.cause : undefined
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
    const isKind = cause instanceof Error && kind.test(`${cause.name} ${code}`)
    return isKind ? rejected("bad-connection") : retry("no-answer")
  }

/** The honest way, with another verdict on a batch that was answered with this status. */
const verdictOn =
  (status: number, verdict: (batch: Message.Batch) => Outcomes): Parts["deliver"] =>
  async (batch, way, signal, parts) => {
    let found = 0
    const judge: Parts["judge"] = (response) => {
      found = response.status
      return parts.judge(response)
    }
    try {
      return await parts.deliver(batch, way, signal, { ...parts, judge })
    } catch (error) {
      if (found === status) return verdict(batch)
      throw error
    }
  }

const within = (signal: AbortSignal, millis: number) => AbortSignal.any([signal, AbortSignal.timeout(millis)])

let cached: string | undefined

export const brokenDestinations: ReadonlyArray<Broken> = [
  {
    fault: "a setting without a description",
    parts: { settings: Schema.Struct({ url: Schema.String }) },
    breaks: "describes every setting and credential"
  },
  {
    fault: "a secret that may be a plain text",
    parts: {
      credentials: Schema.Struct({
        key: Schema.Union([Schema.Redacted(Schema.String), Schema.RedactedFromValue(Schema.String)]).annotate(
          {
            description: "The API key."
          }
        )
      })
    },
    breaks: "takes secrets only when they are redacted, and repeats none in an error"
  },
  {
    fault: "a type that is assigned to a lane nobody made",
    parts: { assign: ({ type }) => Destination.to(type === "order.returned" ? "returns" : "main") },
    breaks: "assigns every event to a lane it has, or skips it for a declared reason"
  },
  {
    fault: "a reason that is free text",
    parts: {
      assign: ({ type }) =>
        type === "order.returned" ? Destination.skip("Not wanted!") : Destination.to("main")
    },
    breaks: "assigns every event to a lane it has, or skips it for a declared reason"
  },
  {
    fault: "limits that no request can keep",
    parts: { limits: { ...honest.limits, messageBytes: 1_000_000 } },
    breaks: "assigns every event to a lane it has, or skips it for a declared reason"
  },
  {
    fault: "a time of its own in each message",
    parts: {
      prepare: (event) =>
        Result.succeed(Message.json(event.id, { ...contentOf(event), at: Date.now() >> 20 }))
    },
    breaks: "makes the same message of the same event, whenever and as often as it is asked"
  },
  {
    fault: "a new id at each try",
    parts: { prepare: (event) => Result.succeed(Message.json(crypto.randomUUID(), contentOf(event))) },
    breaks: "makes the same message of the same event, whenever and as often as it is asked"
  },
  {
    fault: "an event that is changed on its way",
    parts: {
      prepare: (event) => {
        Object.assign(event.properties, { seen: true })
        return honest.prepare(event)
      }
    },
    breaks: "makes the same message of the same event, whenever and as often as it is asked"
  },
  {
    fault: "one id for all events of a type",
    parts: { prepare: (event) => Result.succeed(Message.json(event.type, contentOf(event))) },
    breaks: "gives the messages of different events different ids"
  },
  {
    fault: "a field that is taken to be there",
    parts: {
      prepare: (event) => {
        const coupon = event.type === "order.placed" ? (event.properties.coupon as string).toUpperCase() : ""
        return Result.succeed(Message.json(event.id, { ...contentOf(event), coupon }))
      }
    },
    breaks: "makes a message of every valid event or rejects it, and throws for none"
  },
  {
    fault: "retries of its own",
    parts: {
      send: async (way, body, signal) => {
        const response = await honest.send(way, body, signal)
        return response.status === 503 ? honest.send(way, body, signal) : response
      }
    },
    breaks: "sends a batch in one request, once, whatever is answered"
  },
  {
    fault: "verdicts on messages it was never given",
    parts: {
      deliver: async (batch, way, signal, parts) => {
        await honest.deliver(batch, way, signal, parts)
        return Outcomes.byId(batch, new Map([...batch.ids, "another"].map((id) => [id, delivered])))
      }
    },
    breaks: "has a verdict on each message of a batch and on no other"
  },
  {
    fault: "a wait that is read as seconds only",
    parts: {
      judge: async (response) => {
        const outcome = await honest.judge(response)
        const isDate = Number.isNaN(Number(response.headers.get("retry-after")))
        return response.status === 429 && isDate ? retry("throttled") : outcome
      }
    },
    breaks: "tells how long a throttled remote wants to wait, in seconds or until a date"
  },
  {
    fault: "an answer that is read whole",
    parts: {
      judge: async (response) => {
        await response.text()
        return outcomeOf(response)
      }
    },
    breaks: "reads no more than the beginning of an answer without an end"
  },
  {
    fault: "a timer that is left running",
    parts: {
      open: () => {
        const timer = setInterval(() => undefined, 1000)
        setTimeout(() => clearInterval(timer), 120_000).unref()
        return undefined
      }
    },
    breaks: "closes with its scope what it opened"
  },
  {
    fault: "a connection that is left open",
    parts: {
      open: ({ url }) => {
        connect(Number(new URL(url).port), "127.0.0.1").on("error", () => undefined)
        return undefined
      }
    },
    breaks: "closes with its scope what it opened"
  },
  {
    fault: "a batch that is cut short",
    parts: {
      deliver: (batch, way, signal, parts) => {
        const messages: ReadonlyArray<unknown> = JSON.parse(new TextDecoder().decode(batch.body))
        const body = messages.length > 10 ? Buffer.from(JSON.stringify(messages.slice(0, 10))) : batch.body
        return honest.deliver({ ...batch, body: Uint8Array.from(body) }, way, signal, parts)
      }
    },
    breaks: "delivers every event once, within the limits of a request"
  },
  {
    fault: "a wrapping that the limit of bytes does not know",
    parts: {
      send: (way, body, signal) =>
        honest.send(way, new Blob([`{"batch":`, body as Uint8Array<ArrayBuffer>, "}"]), signal)
    },
    breaks: "delivers every event once, within the limits of a request"
  },
  {
    fault: "a whole batch that is given up for one event",
    parts: {
      deliver: (...given) =>
        verdictOn(400, (batch) => Outcomes.each(batch, () => rejected("bad-request")))(
          given[0],
          given[1],
          given[2],
          { ...given[3], deliver: honest.deliver }
        )
    },
    breaks: "gives up one event where a batch is refused for it"
  },
  {
    fault: "a refusal that is taken for a delivery",
    parts: {
      judge: async (response) => {
        const outcome = await honest.judge(response)
        return response.status === 400 ? delivered : outcome
      }
    },
    breaks: "gives up one event where a batch is refused for it"
  },
  {
    fault: "413 that is taken for a bad request",
    parts: { judge: judging(413, rejected("bad-request")) },
    breaks: "sends less where a batch is too large"
  },
  {
    fault: "503 that is taken for a refusal",
    parts: { judge: judging(503, rejected("unavailable")) },
    breaks: "tries again while the remote is unavailable or throttles"
  },
  {
    fault: "a reset that is taken for a refusal",
    parts: { caught: catching(/ECONNRESET|UND_ERR_SOCKET/) },
    breaks: "tries again when the connection breaks before an answer"
  },
  {
    fault: "half an answer that is taken for a refusal",
    parts: {
      judge: (response) =>
        beginningOf(response).then(
          () => outcomeOf(response),
          () => rejected("bad-answer")
        )
    },
    breaks: "tries again when the connection breaks within an answer"
  },
  {
    fault: "bytes that are no HTTP taken for a refusal",
    parts: { caught: catching(/HTTPParserError/) },
    breaks: "tries again when the answer is no HTTP"
  },
  {
    fault: "redirects that are followed",
    parts: {
      send: ({ key, url }, body, signal) =>
        fetch(`${url}/events`, { method: "POST", headers: { authorization: `Bearer ${key}` }, body, signal })
    },
    breaks: "takes no redirect for a delivery"
  },
  {
    fault: "no patience with an answer",
    parts: { send: (way, body, signal) => honest.send(way, body, within(signal, 200)) },
    breaks: "waits for a late answer",
    isHasty: true
  },
  {
    fault: "no patience with a body",
    parts: {
      judge: async (response) => {
        const body = beginningOf(response)
        const timer = new Promise((_, reject) => setTimeout(() => reject(new Error("too slow")), 200).unref())
        await Promise.race([body, timer])
        return outcomeOf(response)
      }
    },
    breaks: "waits for an answer that comes slowly",
    isHasty: true
  },
  {
    fault: "a signal that is not handed on",
    parts: { send: (way, body) => honest.send(way, body, new AbortController().signal) },
    breaks: "lets go of a request that hangs or is answered too late"
  },
  {
    fault: "a check that passes without an answer",
    parts: {
      check: async (way, signal, parts) => {
        const outcome = await attempt("[]", way, signal, parts)
        if (outcome._tag === "Unauthorized") throw new DeliveryError({ outcome })
      }
    },
    breaks: "checks whether the remote can be reached"
  },
  {
    fault: "a check that any answer satisfies",
    parts: {
      check: async (way, signal, parts) => {
        const outcome = await attempt("[]", way, signal, parts)
        if (outcome._tag === "Retry") throw new DeliveryError({ outcome })
      }
    },
    breaks: "checks its key without sending an event"
  },
  {
    fault: "a key that is kept when it is replaced",
    parts: {
      deliver: (batch, way, signal, parts) => {
        cached ??= way.key
        return honest.deliver(batch, { ...way, key: cached }, signal, parts)
      }
    },
    breaks: "keeps events while its key is refused, and sends them with a new one"
  },
  {
    fault: "events that are given up for a refused key",
    parts: {
      deliver: (batch, way, signal, parts) =>
        honest.deliver(batch, way, signal, { ...parts, judge: judging(401, rejected("unauthorized")) })
    },
    breaks: "keeps events while its key is refused, and sends them with a new one"
  },
  {
    fault: "a detail that quotes the remote word for word",
    parts: {
      judge: async (response) => {
        const outcome = outcomeOf(response)
        const detail = await beginningOf(response)
        return outcome._tag === "Delivered" ? outcome : { ...outcome, detail }
      }
    },
    breaks: "shows no secret, even where the remote repeats it"
  },
  {
    fault: "a pair in Base64 that is masked behind its scheme alone",
    parts: {
      send: ({ key, url }, body, signal) =>
        fetch(`${url}/events`, {
          method: "POST",
          headers: { authorization: `Basic ${btoa(`user:${key}`)}`, "content-type": "application/json" },
          body,
          redirect: "manual",
          signal
        }),
      judge: async (response) => {
        const outcome = outcomeOf(response)
        const said = await beginningOf(response)
        const detail = said.replace(/hunter-\w+-key/g, "***").replace(/Basic [\w+/=]+/g, "Basic ***")
        return outcome._tag === "Delivered" ? outcome : { ...outcome, detail }
      }
    },
    breaks: "shows no secret, even where the remote repeats it"
  },
  {
    fault: "a key on the console",
    parts: {
      send: (way, body, signal) => {
        // biome-ignore lint/suspicious/noConsole: the fault that is to be found
        if (way.url !== "") console.debug("sending with", way)
        return honest.send(way, body, signal)
      }
    },
    breaks: "shows no secret, even where the remote repeats it"
  }
]
