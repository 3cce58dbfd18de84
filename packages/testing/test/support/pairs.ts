/** Golden pairs as an author has them, of the folder in which the test runs. Declares its tests when it is imported. */
import { pathToFileURL } from "node:url"
import { assert, it } from "@effect/vitest"
import * as Destination from "@millrace/core/Destination"
import * as Message from "@millrace/core/Message"
import { rejected } from "@millrace/core/Outcome"
import { goldenPairs, messageOf } from "@millrace/testing"
import * as Result from "effect/Result"
import { honest, under } from "./acme.ts"

const { credentials, plugin } = under({
  lanes: [{ name: "main" }, { name: "returns" }],
  assign: ({ type, user }) => {
    if (user.externalId === undefined) return Destination.skip("anonymous")
    return Destination.to(type === "order.returned" ? "returns" : "main")
  },
  prepare: (event) => {
    if (event.id === "text") return Result.succeed(Message.text(event.id, "one line"))
    return event.id === "bad" ? Result.fail(rejected("bad-id")) : honest.prepare(event)
  }
})

const events = goldenPairs({
  folder: pathToFileURL(process.cwd()),
  out: messageOf(plugin({ settings: { url: "https://api.example.com" }, credentials: credentials![0] }))
})

it("what went in is returned", () => assert.isString(events[0].id))
