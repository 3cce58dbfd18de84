/** Reads objects, each from its checkpoint on, one bad object not keeping it from the next. */
import type { Intake, Unread } from "@millrace/core/Intake"
import * as Log from "@millrace/core/Log"
import { SourceError } from "@millrace/core/Source"
import type { SplitReader } from "@millrace/formats/SplitReader"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { ObjectStore, StoredObject } from "../ObjectStore.ts"
import * as Problems from "../Problems.ts"
import type { SideBySide } from "../SideBySide.ts"
import type { Discovery } from "./discovery.ts"
import { labelOf, splitOf } from "./objectBytes.ts"
import type { Found } from "./pending.ts"
import type { Refused } from "./refused.ts"

export interface Options {
  readonly store: ObjectStore
  readonly intake: Pick<Intake, "claim" | "unread" | "expect">
  readonly reader: SplitReader
  readonly sideBySide: SideBySide
  readonly discovery: Pick<Discovery, "onRead" | "again">
  readonly refused: Refused
}

/** So many objects in a row that may not be read, and none that may: it is not the objects that are at fault. */
const mostDenied = 20

const left: Unread = { byte: 0, what: "the object went before it was read; put it back" }
const whole = "put it there again as a whole, and it is read on from there"

/** Fails with what is no fault of single objects: credentials that are refused. Yields how many were read. */
export const make = ({ discovery, intake, reader, refused, sideBySide, store }: Options) => {
  let denied = 0
  let count = 0

  /** What becomes of an object that was not read. */
  const notRead = Effect.fnUntraced(function* (object: StoredObject, error: SourceError) {
    if (error.kind === "unauthorized" || error.kind === "fatal") return yield* error
    if (error.reason === "gone") {
      refused.remove(object.key)
      yield* intake.unread(object.key, left)
      return yield* Log.write("input-noticed", `${labelOf(store, object.key)}: ${left.what}`)
    }
    if (error.reason === "denied" && ++denied >= mostDenied) {
      return yield* new SourceError({ kind: "unauthorized", reason: "denied", detail: error.detail })
    }
    refused.add(object, error, yield* Clock.currentTimeMillis)
    // What stands there now is another object, and is not held.
    if (error.reason === "replaced") {
      yield* Log.write("input-noticed", error.detail)
      discovery.again(object.key)
    }
  })

  const read = Effect.fnUntraced(function* (object: Found) {
    const result = yield* Effect.result(
      intake.claim(object.key, (after) =>
        Effect.tap(reader.read(splitOf(store, object), after), (unread) =>
          unread === undefined ? Effect.void : intake.unread(object.key, unread)
        )
      )
    )
    if (Result.isFailure(result)) {
      return yield* notRead(object, result.failure)
    }
    // What is read elsewhere, or was lost under way, is looked at again with the next listing.
    if (result.success._tag !== "Finished") return
    denied = 0
    count++
    discovery.onRead(object)
    refused.remove(object.key)
    const unread = result.success.value
    if (unread !== undefined) {
      yield* Log.write("input-noticed", Problems.unreadMessage(labelOf(store, object.key), unread, whole))
    }
  })

  return Effect.fnUntraced(function* (objects: ReadonlyArray<Found>) {
    yield* intake.expect(objects.reduce((sum, { size }) => sum + size, 0))
    count = 0
    yield* sideBySide(objects, { hourOf: ({ hour }) => hour, read })
    return count
  })
}
