/**
 * `millrace run`: reads, delivers, and tells what became of every event.
 */
import * as History from "@millrace/admin/History"
import * as Exporter from "@millrace/core/Exporter"
import * as Ledger from "@millrace/core/Ledger"
import * as Log from "@millrace/core/Log"
import * as Observer from "@millrace/core/Observer"
import * as Outbox from "@millrace/core/Outbox"
import type { Reader } from "@millrace/core/Reading"
import type { Report } from "@millrace/core/Running"
import * as Access from "@millrace/operations/Access"
import * as Alerts from "@millrace/operations/Alerts"
import * as Control from "@millrace/operations/Control"
import * as DeadLetters from "@millrace/operations/DeadLetters"
import * as Notes from "@millrace/operations/Notes"
import * as Operations from "@millrace/operations/Operations"
import { type Unread, unreadOf } from "@millrace/operations/Status"
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { administer } from "../administer.ts"
import * as BadRecords from "../badRecords.ts"
import { Ended, exitCodes, ofRun } from "../exitCode.ts"
import { json } from "../json.ts"
import { deadText, ledgerText, waitingText } from "../ledgerText.ts"

import { configArgument, load, startedAs } from "../load.ts"
import { showProgress } from "../progress.ts"
import { startReaders } from "../readers.ts"
import * as SendAlerts from "../sendAlerts.ts"
import * as Stopping from "../stopping.ts"
import { overviewOf, telemetryOf } from "../telemetry.ts"
import * as Terminal from "../terminal.ts"
import { shown } from "../thrownText.ts"
import { unreadText } from "../unreadText.ts"
import { validate } from "../validate.ts"

const duration = (name: string, byDefault: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withDefault(byDefault),
    Flag.withSchema(Schema.DurationFromString),
    Flag.withMetavar("duration"),
    Flag.withDescription(`${description}, such as "90 seconds" or "2 hours" (default: ${byDefault})`)
  )

interface Options {
  readonly config: string
  readonly json: boolean
  readonly follow: boolean
  readonly patience: Duration.Duration
  readonly drain: Duration.Duration
  readonly showDefects: boolean
}

export const run = Command.make(
  "run",
  {
    config: configArgument,
    json,
    follow: Flag.Boolean("follow").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Keep watching the source for new events; ends only when stopped")
    ),
    patience: duration(
      "patience",
      "60 seconds",
      "Give up on a lane that failed for this long without a success, and on a source that could not be read for so long"
    ),
    drain: duration("drain", "30 seconds", "When stopped, wait this long for requests under way"),
    showDefects: Flag.Boolean("show-defects").pipe(
      Flag.withDefault(false),
      Flag.withDescription(
        "Print what the code of a plugin or a change throws, with its stack, which may quote events: for its author"
      )
    )
  },
  (options) => Stopping.stoppable((stopping) => carry(options, stopping))
).pipe(
  Command.withShortDescription("Read, deliver, and account for every event"),
  Command.withDescription(
    `Read, deliver, and account for every event. Interrupted or killed, it goes on where it stopped.

  Exit codes:
    0  all settled
    1  the outbox failed, such as on a full disk; nothing is lost
    2  bad configuration or input, or a source that cannot be read; stderr names it
    3  events are waiting; stderr says for which lane and why
    4  this run added dead letters
    5  the ledger does not balance
    6  requests were still under way when the drain's time ran out
    7  part of the input could not be read yet; stderr says which file, from which byte on, and why
  130  ended by a signal before the run began, or at once by a second signal`
  ),
  Command.withExamples([
    { command: "millrace run millrace.yaml", description: "Deliver what is there, then end" },
    {
      command: "millrace run millrace.yaml --follow",
      description: "Deliver what is there and what comes later"
    }
  ])
)

const carry = Effect.fnUntraced(function* (
  { config, json, follow, patience, drain, showDefects }: Options,
  stopping: Stopping.Stopping
) {
  const loaded = yield* load(config)
  const { store } = loaded
  const definition = showDefects ? shown(loaded.definition) : loaded.definition
  yield* validate(loaded, { follow })
  const watched = SendAlerts.watched(loaded)
  /** Its name among others, once it is known that the outbox has several owners. */
  let among: string | undefined
  const history = History.make()
  /** Until a run has begun there is nothing to note: another exporter may run here. */
  let end: Notes.End = () => Effect.void
  const deliver = Effect.fnUntraced(
    function* (readers: ReadonlyArray<Reader>) {
      const outbox = yield* Outbox.Outbox
      if (outbox.shared) among = loaded.instance.name
      const before = yield* outbox.ledger
      const telemetry = yield* telemetryOf(loaded, { follow })
      const running = yield* Exporter.start(definition, {
        follow,
        patience,
        drain,
        readers,
        instance: loaded.instance
      }).pipe(
        stopping.draining,
        Effect.provideService(Outbox.Outbox, BadRecords.naming(outbox)),
        Effect.provideService(
          Observer.Observer,
          Observer.all([
            follow && loaded.admin !== undefined ? history.observe : undefined,
            telemetry?.observe
          ])
        )
      )
      end = yield* Notes.begin(store.directory, follow)
      const operations = Operations.fromRunning(running, outbox, loaded, {
        started: yield* Clock.currentTimeMillis,
        follows: follow
      })
      if (store.directory !== undefined) yield* Control.serve(store.directory, operations)
      yield* telemetry?.push(overviewOf(loaded, operations)) ?? Effect.void
      yield* SendAlerts.ready(loaded)
      const alerts = yield* Alerts.watch(
        watched,
        operations,
        among === undefined ? undefined : { instance: among, outbox }
      )
      const notes = yield* Notes.watch(store.directory, running)
      yield* Effect.forkScoped(DeadLetters.readLetters(outbox, loaded.definition))
      if (follow) {
        yield* administer(loaded, {
          config,
          history,
          operations,
          metrics: telemetry?.prometheus,
          isStopping: stopping.isAsked
        })
      }
      yield* Log.write("started", `${loaded.name}: started`)
      const progress = yield* showProgress(running, follow)
      const report = yield* running.ended
      yield* progress.stop
      yield* alerts.last
      yield* notes.last(report)
      return { report, before }
    },
    Effect.scoped,
    Effect.provide(Access.own(store, waiting))
  )
  // The threads first: they load the configuration while the outbox is opened.
  const outcome = yield* Effect.scoped(
    Effect.flatMap(startReaders({ config, startedAs: startedAs(), showDefects }, loaded.workers - 1), deliver)
  ).pipe(
    Effect.tapError((error) =>
      isOwned(error)
        ? Effect.void
        : Effect.andThen(end("failed", error.message), Alerts.stopped(watched, error.message, among))
    ),
    Effect.tapDefect((defect) => end("failed", `a defect of this program: ${messageOf(defect)}`))
  )
  const unread = unreadOf(outcome.report.unread)
  const { sourceError } = outcome.report
  yield* sourceError !== undefined && hasEnded(outcome.report)
    ? end("failed", sourceError.message)
    : end(stopping.isAsked() ? "stopped" : "ended")
  yield* tell(outcome.report, outcome.before, unread, json)
  if (sourceError !== undefined && stopping.isAsked() && follow && mayGoOn(outcome.report)) {
    // Whoever stops a service that tries again and again did not make it fail; the state tells of the source.
    yield* Effect.sync(() => Terminal.say(sourceError.message))
  } else if (sourceError !== undefined) {
    // Of one that an operator stops, nothing has stopped by itself.
    if (follow && hasEnded(outcome.report)) yield* Alerts.stopped(watched, sourceError.message, among)
    return yield* sourceError
  }
  const code = ofRun({
    ...outcome.report,
    deadBefore: Ledger.total(outcome.before, "dead"),
    // What a run that follows has not read may still be written; it was stopped, and that is all.
    hasUnread: !follow && unread.splits > 0
  })
  if (code !== exitCodes.settled) return yield* Effect.fail(new Ended(code))
})

/** Whether no source goes on: then also a run that follows is at its end. */
const hasEnded = ({ sources }: Report): boolean =>
  sources.every(({ state }) => state === "ended" || state === "failed")

/** Whether every source in trouble would have been tried again. */
const mayGoOn = ({ sources }: Report): boolean =>
  sources.some(({ state }) => state === "closed" || state === "failing") &&
  sources.every(({ state }) => state !== "failed")

const messageOf = (defect: unknown) => (defect instanceof Error ? defect.message : String(defect))

const waiting = (message: string) => Log.write("outbox-waited-for", `waiting for a moment: ${message}`)

/** Another exporter runs on this state: nothing has stopped. */
const isOwned = (error: { readonly _tag: string; readonly message: string }): boolean =>
  error instanceof Outbox.OutboxError && error.reason === "Owned"

const tell = (
  { ledger, lanes }: Report,
  before: Ledger.Ledger,
  unread: Unread,
  json: boolean
): Effect.Effect<void> =>
  Effect.sync(() => {
    Terminal.print(json ? Terminal.json({ ...ledger, unread }) : ledgerText(ledger))
    for (const line of unreadText(unread)) Terminal.say(line)
    for (const line of waitingText(ledger, lanes)) Terminal.say(line)
    const dead = deadText(ledger, before)
    if (dead !== undefined) Terminal.say(dead)
  })
