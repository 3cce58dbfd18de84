/** The outbox as core asks for it, made of the calls that the store answers. */
import * as Ledger from "@millrace/core/Ledger"
import { type Appending, Outbox, OutboxError, type Sequence } from "@millrace/core/Outbox"
import * as OutboxLeases from "@millrace/core/OutboxLeases"
import * as OutboxRefusals from "@millrace/core/OutboxRefusals"
import * as OutboxRules from "@millrace/core/OutboxRules"
import * as Effect from "effect/Effect"
import type * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import type { Failure } from "./failure.ts"
import type { Call, Entry, Input, Method, Output } from "./operations.ts"

/** Runs a call of the store, wherever that lives; a change is durable when it succeeds. */
export type Run = <M extends Method>(call: Call<M>) => Effect.Effect<Output<M>, OutboxError>

/** A store, opened wherever it lives. */
export interface Opened {
  readonly run: Run
  /** Open while there is room, as of the last change. */
  readonly room: Latch.Latch
}

/** A failure of the store, as the port tells it. */
export const fail = ({ reason, detail, seen }: Failure): Effect.Effect<never, OutboxError> =>
  reason === "Defect"
    ? Effect.die(new Error(detail))
    : Effect.fail(new OutboxError({ reason, detail, ...(seen === undefined ? {} : { seen }) }))

/** The port over a store. */
export const make = ({ run, room }: Opened): Outbox["Service"] => {
  // Not interruptible: whoever is interrupted would not know whether the change was made.
  const call = <M extends Method>(method: M, ...input: Input<M>): Effect.Effect<Output<M>, OutboxError> =>
    Effect.uninterruptible(run({ method, input }))

  // Only the wait for room can be interrupted, and then nothing was stored.
  const appendWithRoom = (entry: Entry): Effect.Effect<ReadonlyArray<Sequence>, OutboxError> =>
    Effect.flatMap(call("append", entry), (sequences) =>
      sequences === undefined
        ? Effect.andThen(
            room.await,
            Effect.suspend(() => appendWithRoom(entry))
          )
        : Effect.succeed(sequences)
    )

  return Outbox.of({
    // One process owns the directory, so whoever else may want a name is in here.
    ...OutboxLeases.own(),
    append: (entry) =>
      Effect.mapError(
        Effect.map(
          Effect.suspend(() => appendWithRoom(kept(entry))),
          (sequences) => sequences.map((sequence) => ({ sequence, after: 0 }))
        ),
        (error) => {
          if (error.reason === "Seen") return OutboxRefusals.wasSeen(error.seen ?? [])
          return error.reason === "Overtaken" && entry.advance !== undefined
            ? OutboxRefusals.overtaken(entry.origin.source, entry.advance.split)
            : error
        }
      ),
    full: Effect.sync(() => !room.isOpen()),
    room: room.await,
    usage: call("usage"),
    settle: (settlements) => call("settle", settlements),
    take: (lane, after, bytes) => call("take", lane, after, bytes),
    compose: (lane, compositions, replaces) => call("compose", lane, compositions, replaces),
    compositions: (lane) => call("compositions", lane),
    setGate: (lane, gate) => call("setGate", lane, gate),
    lanes: Effect.map(call("lanes"), (lanes) =>
      lanes.map((lane) => ({ ...lane, gate: lane.gate ?? OutboxRules.openGate }))
    ),
    checkpoint: (source, split) => Effect.map(call("checkpoint", source, split), Option.fromUndefinedOr),
    looks: (source) => call("looks", source),
    looked: (source, at) => call("looked", source, at),
    splits: (source, day, after) => call("splits", source, day, after),
    confirm: (source, splits) => call("confirm", source, splits),
    forget: (source, splits, day) => call("forget", source, splits, day),
    deadLetterHeads: (filter, after, bytes) => call("deadLetterHeads", filter, after, bytes),
    deadLetters: (filter, after, bytes) => call("deadLetters", filter, after, bytes),
    countDeadLetters: (filter, after) => call("countDeadLetters", filter, after),
    keepKeys: (keys) => call("keepKeys", keys),
    purge: (ids, reason) => call("purge", ids, reason),
    erasures: call("erasures"),
    erase: (digest, at) => call("erase", digest, at),
    scrub: call("scrub"),
    ledger: Effect.map(call("ledger"), Ledger.fromCounts)
  })
}

const kept = (entry: Appending): Entry => ({
  ...entry,
  buried: entry.buried.map((buried) => ({ ...buried, ...OutboxRules.keep(buried) }))
})
