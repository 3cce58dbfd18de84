/**
 * How the program ends: the exit codes that scripts rely on, and the one line on stderr that says why.
 */
import * as Ledger from "@millrace/core/Ledger"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { say } from "./terminal.ts"

export const exitCodes = {
  settled: 0,
  /** The outbox, or this program, failed. */
  failed: 1,
  badInput: 2,
  waiting: 3,
  deadLetters: 4,
  unbalanced: 5,
  cutShort: 6,
  unread: 7,
  /** By a signal before a run began, or by a second one. As shells tell of SIGINT. */
  interrupted: 130
} as const

/** A command that ended in order, with something to tell by its exit code. */
export class Ended {
  readonly _tag = "Ended"
  readonly code: number
  constructor(code: number) {
    this.code = code
  }
}

/** What was asked for on the command line makes no sense: what is at fault, and what to do. */
export class InputError extends Data.TaggedError("InputError")<{ readonly message: string }> {}

/** The gravest thing there is to say about a run. */
export const ofRun = (run: {
  readonly ledger: Ledger.Ledger
  /** Dead letters there were before it. */
  readonly deadBefore: number
  readonly cutShort: boolean
  /** Whether input was left that could not be read, by a run that does not wait for more. */
  readonly hasUnread: boolean
}): number => {
  if (Ledger.imbalance(run.ledger).length > 0) return exitCodes.unbalanced
  if (run.cutShort) return exitCodes.cutShort
  if (Ledger.total(run.ledger, "waiting") > 0) return exitCodes.waiting
  // A dead letter is kept; of what is unread, nothing is.
  if (run.hasUnread) return exitCodes.unread
  return Ledger.total(run.ledger, "dead") > run.deadBefore ? exitCodes.deadLetters : exitCodes.settled
}

const badInput = new Set([
  "ConfigError",
  "PluginError",
  "DefinitionError",
  "SourceError",
  "InputError",
  "AdminError"
])

interface Failure {
  readonly _tag: string
  readonly message: string
  readonly reason?: unknown
}

const codeOf = ({ _tag, reason }: Failure): number =>
  badInput.has(_tag) || reason === "Owned" || reason === "Newer" ? exitCodes.badInput : exitCodes.failed

/** Says what went wrong, without a stack trace, and returns the exit code. */
export const conclude = (exit: Exit.Exit<unknown, Ended | Failure>): number => {
  if (Exit.isSuccess(exit)) return exitCodes.settled
  const found = Cause.findErrorOption(exit.cause)
  if (Option.isNone(found)) {
    const defect = Cause.squash(exit.cause)
    say(`a defect of this program: ${defect instanceof Error ? defect.message : String(defect)}`)
    return exitCodes.failed
  }
  const error = found.value
  if (error instanceof Ended) return error.code
  // The command line's own complaint has been printed with its help.
  if (error._tag === "ShowHelp")
    return "errors" in error && hasItems(error.errors) ? exitCodes.badInput : exitCodes.settled
  say(error.message)
  return codeOf(error)
}

const hasItems = (value: unknown) => Array.isArray(value) && value.length > 0
