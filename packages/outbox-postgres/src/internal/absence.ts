/** What the log says while the server is away: one line when that lasts, and one when it answers again. */

import * as Log from "@millrace/core/Log"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { mayPass, SqlFailure } from "./failure.ts"

/** How long the server may be away before it is worth a line, in milliseconds. */
const grace = 2_000

export interface Absence {
  /** The same effect, which asks the server: what it ends with is heard. */
  readonly heard: <A, E>(asking: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** Whether lines are written. They are not while the store opens or closes: that fails soon, and says why itself. */
  readonly tell: (isTold: boolean) => void
}

export const make = (now: () => number, place: () => string): Absence => {
  let isTold = false
  let answeredAt = -Infinity
  /** Since when there was no answer; `undefined` while there are some. */
  let since: number | undefined
  let isWritten = false

  const answered = Effect.suspend(() => {
    const lasted = Duration.seconds(Math.round((now() - (since ?? now())) / 1000))
    const wasWritten = isWritten
    since = undefined
    isWritten = false
    return wasWritten
      ? Log.write("outbox-well", `outbox: ${place()} answers again, after ${Duration.format(lasted)}`)
      : Effect.void
  })

  const failed = (began: number, { code, detail }: SqlFailure) =>
    Effect.suspend(() => {
      since ??= Math.max(began, answeredAt)
      if (!isTold || isWritten || now() - since < grace) return Effect.void
      isWritten = true
      const why = code === "" ? detail : `${detail}, code ${code}`
      return Log.write(
        "outbox-away",
        `outbox: ${place()} is away (${why}); nothing is stored or settled until it answers again`
      )
    })

  return {
    heard: (asking) =>
      Effect.suspend(() => {
        const began = now()
        return Effect.matchEffect(asking, {
          onSuccess: (value) => {
            answeredAt = now()
            return since === undefined ? Effect.succeed(value) : Effect.as(answered, value)
          },
          onFailure: (error) =>
            error instanceof SqlFailure && mayPass(error)
              ? Effect.andThen(failed(began, error), Effect.fail(error))
              : Effect.fail(error)
        })
      }),
    tell: (told) => {
      isTold = told
    }
  }
}
