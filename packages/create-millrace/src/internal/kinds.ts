/** What can be written. */
export const kinds = ["destination", "source"] as const

export type Kind = (typeof kinds)[number]
