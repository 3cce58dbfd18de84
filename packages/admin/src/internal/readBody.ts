import type { IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"
import { type Answer, refuse } from "./answer.ts"

/** Bytes of a body: a filter is small. */
const longest = 16 * 1024

/** The whole body as text; fails with what is answered to one that is too long, or broke off. */
export const readBody = (request: IncomingMessage): Effect.Effect<string, Answer> =>
  Effect.callback((resume) => {
    const parts: Array<Buffer> = []
    let size = 0
    request.on("data", (part: Buffer) => {
      size += part.length
      if (size <= longest) return void parts.push(part)
      request.pause()
      resume(Effect.fail(refuse(413, `the body is longer than ${longest} bytes`)))
    })
    request.once("end", () => resume(Effect.succeed(Buffer.concat(parts).toString("utf8"))))
    request.once("error", () => resume(Effect.fail(refuse(400, "the body broke off"))))
    request.once("close", () => resume(Effect.fail(refuse(400, "the body broke off"))))
  })
