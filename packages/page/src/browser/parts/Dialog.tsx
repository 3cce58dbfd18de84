/** A question in front of everything else. Escape and its button close it; the focus goes back to where it was. */
import type { ComponentChildren } from "preact"
import { useEffect, useId, useRef } from "preact/hooks"

export const Dialog = ({
  title,
  onClose,
  children
}: {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}) => {
  const element = useRef<HTMLDialogElement>(null)
  const name = useId()
  useEffect(() => {
    element.current?.showModal()
    return () => element.current?.close()
  }, [])
  return (
    <dialog ref={element} onClose={onClose} aria-labelledby={name}>
      <h2 id={name}>{title}</h2>
      {children}
    </dialog>
  )
}
