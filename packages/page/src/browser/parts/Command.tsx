/** A command for the terminal, to be copied. */
import { useRef, useState } from "preact/hooks"

/** Where the browser gives no clipboard, as without TLS elsewhere than on this machine, the text is selected at least. */
const copy = async (text: string, element: HTMLElement | null): Promise<string> => {
  try {
    await navigator.clipboard.writeText(text)
    return "copied"
  } catch {
    if (element !== null) getSelection()?.selectAllChildren(element)
    return "selected"
  }
}

export const Command = ({ text }: { readonly text: string }) => {
  const code = useRef<HTMLElement>(null)
  const [done, setDone] = useState("")
  const onClick = async () => {
    setDone(await copy(text, code.current))
    setTimeout(() => setDone(""), 2000)
  }
  return (
    <p class="command">
      <code ref={code}>{text}</code>
      <button type="button" class="small" onClick={onClick} aria-label={`Copy the command ${text}`}>
        {done === "" ? "copy" : done}
      </button>
      <span class="unseen" role="status">
        {done}
      </span>
    </p>
  )
}
