import type { IncomingMessage, ServerResponse } from "node:http"
import * as Page from "@millrace/page/Page"
import * as Effect from "effect/Effect"
import type { Fork } from "./reply.ts"

/** What a browser asks for: the page, at `/` and `/_emulator`, and its files. Nothing of it is captured. */
export const isOfPage = ({ method, url = "" }: IncomingMessage): boolean =>
  (method === "GET" || method === "HEAD") && (url === "/_emulator" || Page.paths.has(url))

/** Answers what is of the page. */
export const servePage =
  (page: Effect.Effect<Page.Page>, fork: Fork) =>
  ({ headers, method, url = "" }: IncomingMessage, response: ServerResponse): void =>
    fork(
      Effect.map(page, (files) => {
        const answer = Page.answer(files, url === "/_emulator" ? "/" : url, headers)
        if (answer === undefined) return void response.destroy()
        response.writeHead(answer.status, answer.headers)
        response.end(method === "HEAD" ? undefined : answer.body)
      })
    )
