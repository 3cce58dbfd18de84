/** From events to what a request holds. */
import type { Event } from "@millrace/core/Event"
import { type Batch, bare, type Envelope, jsonArray, lines, type Message, text } from "@millrace/core/Message"
import { type Rejected, rejected } from "@millrace/core/Outcome"
import * as Result from "effect/Result"
import type { Settings } from "../Settings.ts"
import * as Address from "./address.ts"
import * as Body from "./body.ts"
import * as Headers from "./headers.ts"
import { serialize } from "./serialize.ts"
import * as Template from "./template.ts"

/** What one event says of its request: a path, with its query, and headers of its own. */
export interface Head {
  readonly path: string
  readonly headers: Headers.Headers
}

/** The head of a message, where the settings let its event have a say in it. */
export type Meta = Head | undefined

export interface Shape {
  /** Scheme, host and port. */
  readonly origin: string
  readonly envelope: Envelope
  readonly prepare: (event: Event) => Result.Result<Message<Meta>, Rejected>
  /** Path and headers of the request for a batch. */
  readonly head: (batch: Batch<Meta>) => Head
  /** The path that is asked for by a check, and the headers that no event has a say in. */
  readonly probe: Head
}

/** The settings have been looked at: their templates are good. */
export const make = (settings: Settings): Shape => {
  const address = Result.getOrThrow(Address.parse(settings.url))
  const build = settings.body === undefined ? whole : Result.getOrThrow(Body.compile(settings.body))
  const named = Object.entries(settings.headers).map(
    ([name, value]) => [name, Result.getOrThrow(Template.parse(value))] as const
  )
  const isVaried = (template: Template.Template) => Template.fieldsOf(template).length > 0
  const varied = named.filter(([, template]) => isVaried(template))
  const fixed = {
    ...byDefault(settings),
    ...Object.fromEntries(
      Object.entries(settings.headers).filter(([name]) => !varied.some(([other]) => other === name))
    )
  }
  const isVarying = varied.length > 0 || isVaried(address.path)
  const path = Address.fixedPath(address)

  const headOf = (event: Event): Result.Result<Head, Rejected> =>
    Result.flatMap(Address.pathOf(address, event), (path) =>
      Result.map(Headers.headersOf(varied, event), (headers) => ({ path, headers }))
    )

  return {
    origin: address.origin,
    envelope: envelopeOf(settings),
    prepare: (event) => {
      const body = serialize(build(event))
      if (body === undefined) return Result.fail(nothing)
      return isVarying
        ? Result.map(headOf(event), (head) => text(event.id, body, head))
        : Result.succeed(text(event.id, body))
    },
    head: (batch) => {
      // Only with one message a request.
      const own = isVarying ? batch.messages[0]?.meta : undefined
      return own === undefined
        ? { path, headers: fixed }
        : { path: own.path, headers: { ...fixed, ...own.headers } }
    },
    probe: { path: settings.checkUrl === undefined ? path : pathOf(settings.checkUrl), headers: fixed }
  }
}

const whole: Body.Build = (event) => event

const nothing = rejected("missing-field", "the event has nothing for the field that is the whole body")

const envelopeOf = ({ batch, envelopeKey }: Settings): Envelope => {
  switch (batch) {
    case "single":
      return bare
    case "array":
      return jsonArray
    case "ndjson":
      return lines
    case "envelope":
      return { open: `{${JSON.stringify(envelopeKey)}:[`, separator: ",", close: "]}" }
  }
}

/** Unless the settings name their own. */
const byDefault = ({ batch, headers }: Settings): Headers.Headers => {
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const all = {
    "content-type": batch === "ndjson" ? "application/x-ndjson" : "application/json",
    "user-agent": "@millrace/destination-http"
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => !given.has(name)))
}

const pathOf = (url: string): string => Address.fixedPath(Result.getOrThrow(Address.parse(url)))
