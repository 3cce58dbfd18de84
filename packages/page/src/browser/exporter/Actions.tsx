/** What somebody is about to do: what it means, how many events it concerns, and the command that does the same. */
import { useEffect, useId, useState } from "preact/hooks"
import { messageOf, post } from "../parts/ask.ts"
import { Command } from "../parts/Command.tsx"
import { Dialog } from "../parts/Dialog.tsx"
import { counted, number } from "../parts/words.ts"
import * as Commands from "./commands.ts"
import type { Filter, LaneKey } from "./model.ts"

interface OfLaneAction {
  readonly kind: "pause" | "resume"
  readonly lane: LaneKey
}

interface OfLettersAction {
  readonly kind: "replay" | "purge"
  readonly filter: Filter
  /** One letter in place of a filter, and the command for it. */
  readonly one?: { readonly id: number; readonly command: string }
}

export type Action = OfLaneAction | OfLettersAction

interface Given {
  readonly config: string
  readonly onClose: () => void
  /** What was done, in words. */
  readonly onDone: (text: string) => void
}

const Buttons = ({
  label,
  isGrave,
  isReady,
  onClose,
  perform
}: {
  readonly label: string
  readonly isGrave?: boolean
  readonly isReady: boolean
  readonly onClose: () => void
  readonly perform: () => Promise<void>
}) => {
  const [problem, setProblem] = useState("")
  const [isBusy, setBusy] = useState(false)
  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault()
    if (!isReady || isBusy) return
    setBusy(true)
    setProblem("")
    try {
      await perform()
    } catch (cause) {
      setProblem(messageOf(cause))
      setBusy(false)
    }
  }
  return (
    <form onSubmit={onSubmit}>
      {problem !== "" && (
        <p role="alert" class="trouble">
          {problem}
        </p>
      )}
      <p class="buttons">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class={isGrave === true ? "grave" : "main"} disabled={!isReady || isBusy}>
          {isBusy ? "at work…" : label}
        </button>
      </p>
    </form>
  )
}

const OfLane = ({ config, kind, lane, onClose, onDone }: Given & OfLaneAction) => {
  const perform = async () => {
    await post(`./api/lanes/${kind}`, { route: lane.route, lane: lane.lane })
    onDone(`lane ${lane.lane} of route ${lane.route} ${kind === "pause" ? "is paused" : "goes on"}`)
  }
  const label = kind === "pause" ? "Pause" : "Resume"
  return (
    <Dialog title={`${label} lane ${lane.lane} of route ${lane.route}?`} onClose={onClose}>
      <p>
        {kind === "pause"
          ? "Nothing is sent through it until it is resumed. Its events wait on disk, also across a restart."
          : "What waits is sent, in the order in which it was read."}
      </p>
      <Command text={Commands.ofLane(kind, config, lane)} />
      <Buttons label={label} isReady onClose={onClose} perform={perform} />
    </Dialog>
  )
}

const OfLetters = ({ config, filter, kind, one, onClose, onDone }: Given & OfLettersAction) => {
  const asked = one === undefined ? filter : { ids: [one.id] }
  const [total, setTotal] = useState<number | undefined>()
  const [problem, setProblem] = useState("")
  const [typed, setTyped] = useState("")
  const name = useId()
  useEffect(() => {
    post<{ readonly total: number }>("./api/dead-letters/count", asked).then(
      (found) => setTotal(found.total),
      (cause) => setProblem(messageOf(cause))
    )
  }, [])
  const word = `purge ${total ?? ""}`
  const perform = async () => {
    if (kind === "replay") {
      const { left, replayed } = await post<{ readonly replayed: number; readonly left: number }>(
        "./api/dead-letters/replay",
        asked
      )
      const rest =
        left === 0 ? "" : `; ${number(left)} were left: nothing installed reads them, or their route is gone`
      onDone(`${counted(replayed, "event")} went through their route again${rest}`)
    } else {
      const isAll = Object.keys(asked).length === 0
      const { purged } = await post<{ readonly purged: number }>("./api/dead-letters/purge", {
        ...asked,
        ...(isAll ? { all: true } : {})
      })
      onDone(`${counted(purged, "dead letter")} removed for good, counted as erased`)
    }
  }
  const parts = Object.entries(filter).map(([part, value]) => `${part} ${value}`)
  return (
    <Dialog
      title={kind === "replay" ? "Replay dead letters?" : "Remove dead letters for good?"}
      onClose={onClose}
    >
      <p class="quiet">
        {one !== undefined ? `dead letter ${one.id}` : parts.length === 0 ? "all of them" : parts.join(", ")}
      </p>
      <p aria-live="polite">
        {problem !== "" ? (
          <span class="bad">{problem}</span>
        ) : total === undefined ? (
          "counting…"
        ) : kind === "replay" ? (
          `${counted(total, "event")} will go through today's routes and mapping again, under the same ids.`
        ) : (
          `${counted(total, "dead letter")} will be gone. The ledger counts them as erased; no replay brings them back.`
        )}
      </p>
      {kind === "purge" && total !== undefined && total > 0 && (
        <p>
          <label for={name}>
            Type <kbd>{word}</kbd> to confirm
          </label>
          <input
            id={name}
            type="text"
            autocomplete="off"
            spellcheck={false}
            value={typed}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </p>
      )}
      <Command text={one?.command ?? Commands.ofLetters(kind, config, filter)} />
      <Buttons
        label={`${kind === "replay" ? "Replay" : "Purge"} ${total === undefined ? "" : number(total)}`}
        isGrave={kind === "purge"}
        isReady={total !== undefined && total > 0 && (kind === "replay" || typed.trim() === word)}
        onClose={onClose}
        perform={perform}
      />
    </Dialog>
  )
}

export const Ask = ({ action, ...given }: Given & { readonly action: Action }) =>
  "lane" in action ? <OfLane {...given} {...action} /> : <OfLetters {...given} {...action} />
