/**
 * The admin endpoint of an exporter that runs in this process: health for whoever keeps it running, metrics, a JSON API of its
 * operations, and a page for people.
 *
 * @since 1.0.0
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { createRequire } from "node:module"
import * as Page from "@millrace/page/Page"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { AdminError } from "./AdminError.ts"
import { refuse } from "./internal/answer.ts"
import { listen, send } from "./internal/listen.ts"
import { router } from "./internal/route.ts"
import { type Administered, problemOf, type Settings } from "./Settings.ts"

/**
 * An endpoint that listens.
 *
 * @since 1.0.0
 * @category models
 */
export interface Admin {
  /** Without a slash at its end. */
  readonly url: string
}

const version = (): string => {
  const manifest: { readonly version: string } = createRequire(import.meta.url)(
    "@millrace/admin/package.json"
  )
  return manifest.version
}

/**
 * Answers until the scope closes. Fails when the address is taken or not this machine's, or when others reach it and there is
 * no token.
 *
 * @since 1.0.0
 * @category constructors
 */
export const serve: (
  settings: Settings,
  exporter: Administered
) => Effect.Effect<Admin, AdminError, Scope.Scope> = Effect.fnUntraced(function* (settings, exporter) {
  const problem = problemOf(settings)
  if (problem !== undefined) return yield* new AdminError({ message: `admin: ${problem}` })
  const page = yield* Effect.cached(Page.load("exporter"))
  const answer = router(settings, exporter, version(), page)
  const context = yield* Effect.context<never>()
  const answering = new Set<Fiber.Fiber<unknown, unknown>>()
  yield* Effect.addFinalizer(() => Fiber.interruptAll(answering))
  const reply = (request: IncomingMessage, response: ServerResponse): void => {
    const fiber = Effect.runForkWith(context)(
      Effect.flatMap(Effect.exit(answer(request)), (exit) => {
        const made = Exit.isSuccess(exit)
          ? exit.value
          : refuse(500, "a defect of this program; its log tells more")
        const isStranger = made.status === 401 || made.status === 403
        const isLast = isStranger || !request.complete
        const sending = Effect.sync(() => send(response, made, request.method === "HEAD", isLast))
        if (Exit.isSuccess(exit)) return sending
        if (Cause.hasInterruptsOnly(exit.cause)) return Effect.sync(() => response.destroy())
        return Effect.andThen(
          Effect.annotateLogs(Effect.logError("admin: a question has failed", exit.cause), {
            event: "defect"
          }),
          sending
        )
      })
    )
    answering.add(fiber)
    fiber.addObserver(() => void answering.delete(fiber))
    // Nobody waits for the answer any more: what goes on for it is left off.
    response.once("close", () => fiber.interruptUnsafe())
  }
  return { url: yield* listen(settings.host, settings.port, reply) }
})
