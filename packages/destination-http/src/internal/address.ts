/** Where requests go: an origin that is fixed, and a path and query that may hold fields of an event. */
import type { Event } from "@millrace/core/Event"
import { type Rejected, rejected } from "@millrace/core/Outcome"
import * as Result from "effect/Result"
import * as Template from "./template.ts"

export interface Address {
  /** Scheme, host and port. */
  readonly origin: string
  /** Path and query, escaped as a URL wants it but for the fields. */
  readonly path: Template.Template
}

/** Fails with what is wrong, for whoever wrote the URL. */
export const parse = (text: string): Result.Result<Address, string> =>
  Result.flatMap(Template.parse(text), (template) => {
    const mark = markFor(text)
    const url = urlOf(
      template.map((part, at) => (typeof part === "string" ? part : `${mark}${at}x`)).join("")
    )
    if (url === undefined || url.host.includes(mark)) {
      return Result.fail("expected an http or https URL, with fields in its path and query only")
    }
    if (url.username !== "" || url.password !== "") return Result.fail("expected a URL without credentials")
    if (url.hash !== "") return Result.fail("expected a URL without a fragment")
    const parts = (url.pathname + url.search).split(new RegExp(`${mark}(\\d+)x`))
    const path = parts.map((part, at) => (at % 2 === 0 ? part : template[Number(part)]!))
    return Result.succeed({ origin: url.origin, path: path.filter((part) => part !== "") })
  })

/** The path and query for an event; a field that is missing, or leads elsewhere, rejects it. */
export const pathOf = ({ path }: Address, event: Event): Result.Result<string, Rejected> => {
  let text = ""
  for (const part of path) {
    if (typeof part === "string") {
      text += part
      continue
    }
    const value = Template.textOf(part.read(event))
    if (value === "") {
      return Result.fail(rejected("missing-field", `the event has no ${part.name}, which the URL needs`))
    }
    text += encodeURIComponent(value.toWellFormed())
  }
  return hasDots(text)
    ? Result.fail(rejected("bad-url", "a field of the event would lead to another path"))
    : Result.succeed(text)
}

/** The path and query up to the first field: what can be asked for without an event. */
export const fixedPath = ({ path }: Address): string => {
  const [first = "/"] = path
  return typeof first === "string" ? first : "/"
}

const urlOf = (text: string): URL | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) ? url : undefined
}

/** Letters that stand nowhere in the text, nor in what a URL makes of it. */
const markFor = (text: string): string => {
  let mark = "field"
  while (text.toLowerCase().includes(mark)) mark += "q"
  return mark
}

/** Servers and proxies resolve such segments. */
const hasDots = (path: string): boolean => /(^|\/)\.\.?(\/|$)/.test(path.split("?", 1)[0]!)
