/** One dead letter whole. */
import { useEffect, useRef, useState } from "preact/hooks"
import { get, messageOf } from "../parts/ask.ts"
import { Command } from "../parts/Command.tsx"
import { Both } from "../parts/Time.tsx"
import { counted } from "../parts/words.ts"
import type { Action } from "./Actions.tsx"
import * as Commands from "./commands.ts"
import type { Shown } from "./model.ts"
import { type Place, toLetters } from "./place.ts"

/** Characters of a record that are shown: it may be a megabyte. */
const longest = 20_000

const pretty = (value: unknown): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value, undefined, 2)
  return text.length <= longest
    ? text
    : `${text.slice(0, longest)}\n… ${counted(text.length - longest, "character")} more`
}

const Content = ({ title, value }: { readonly title: string; readonly value: unknown }) => (
  <div>
    <h4>{title}</h4>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
    <section tabIndex={0} aria-label={title} class="content">
      <pre>{pretty(value)}</pre>
    </section>
  </div>
)

interface Given {
  readonly id: number
  readonly config: string
  readonly now: number
  readonly place: Place
  readonly turn: number
  readonly act: ((action: Action) => void) | undefined
}

export const Letter = ({ act, config, id, now, place, turn }: Given) => {
  const [letter, setLetter] = useState<Shown | undefined>()
  const [problem, setProblem] = useState("")
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    setProblem("")
    get<Shown>(`./api/dead-letters/${id}`).then(setLetter, (cause) => {
      setLetter(undefined)
      setProblem(messageOf(cause))
    })
  }, [id, turn])
  useEffect(() => {
    if (letter === undefined) return
    heading.current?.focus({ preventScroll: true })
    heading.current?.scrollIntoView({ block: "nearest" })
  }, [letter?.id])
  const back = <a href={toLetters(place.filter, { after: place.after })}>close</a>
  if (letter === undefined) {
    return (
      <p class="letter" role="status">
        {problem === "" ? "looking…" : `Dead letter ${id}: ${problem}`} {back}
      </p>
    )
  }
  const filter = { route: letter.route, reason: letter.reason }
  const button = (kind: "replay" | "purge", label: string) => (
    <button
      type="button"
      class={kind === "purge" ? "grave" : "main"}
      onClick={() => act?.({ kind, filter, one: { id, command: Commands.ofLetter(kind, config, letter) } })}
    >
      {label}
    </button>
  )
  return (
    <article class="letter" aria-labelledby="letter">
      <h3 id="letter" tabIndex={-1} ref={heading}>
        Dead letter {id}: {letter.reason}
      </h3>
      <p class="trouble">{letter.detail}</p>
      <dl>
        <dt>Written</dt>
        <dd>
          <Both time={Date.parse(letter.at)} now={now} />
        </dd>
        <dt>Route, lane</dt>
        <dd>
          {letter.route}, {letter.lane === "" ? "none" : letter.lane}
        </dd>
        <dt>Attempts</dt>
        <dd>{letter.attempts}</dd>
        <dt>Came from</dt>
        <dd class="long">{letter.place}</dd>
      </dl>
      <div class="contents">
        {letter.event !== undefined && <Content title="The event" value={letter.event} />}
        {letter.record !== undefined && <Content title="Its bytes, in base64" value={letter.record.base64} />}
        {letter.message !== undefined && <Content title="As it is sent" value={letter.message} />}
        {letter.noMessage !== undefined && <Content title="Nothing is sent" value={letter.noMessage} />}
      </div>
      <p class="buttons">
        {act !== undefined && button("replay", "Replay this one…")}
        {act !== undefined && button("purge", "Purge this one…")}
        {back}
      </p>
      <Command text={Commands.ofLetter("show", config, letter)} />
    </article>
  )
}
