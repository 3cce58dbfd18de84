/** What can be written. */
export const kinds = ["destination", "source"] as const

/** How the code is written; the first unless another is asked for. */
export const styles = ["promises", "effect"] as const

export type Style = (typeof styles)[number]

export type Kind = (typeof kinds)[number]
