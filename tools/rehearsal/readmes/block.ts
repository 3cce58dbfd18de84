/** Fenced blocks of a README. */

export interface Block {
  /** Of the package, or `millrace` for the README of the repository. */
  readonly package: string
  readonly language: string
  readonly line: number
  readonly text: string
}

export const blocksOf = (name: string, readme: string): ReadonlyArray<Block> =>
  [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map((match) => ({
    package: name,
    language: match[1] ?? "",
    line: readme.slice(0, match.index).split("\n").length,
    text: match[2] ?? ""
  }))

export const placeOf = ({ line, package: name }: Block) => `README.md of ${name}, line ${line}`

/** What a README cannot hold: what an example takes for given, and addresses on this machine. */
export interface Given {
  readonly package: string
  /** A text by which the block is known. */
  readonly holds: string
  /** Texts that are replaced; `VENDOR` and `EMULATOR` stand for the addresses of the local servers. */
  readonly replace?: Record<string, string>
}

/** Pairs each block with what is given for it; complains of blocks that are named twice and of names without a block. */
export const pair = <A extends Given>(
  blocks: ReadonlyArray<Block>,
  given: ReadonlyArray<A>
): {
  readonly pairs: ReadonlyArray<readonly [Block, A | undefined]>
  readonly problems: ReadonlyArray<string>
} => {
  const fits = (block: Block) => (one: A) => one.package === block.package && block.text.includes(one.holds)
  return {
    pairs: blocks.map((block) => [block, given.find(fits(block))]),
    problems: [
      ...blocks
        .filter((block) => given.filter(fits(block)).length > 1)
        .map((block) => `${placeOf(block)}: several entries fit`),
      ...given
        .filter((one) => !blocks.some((block) => fits(block)(one)))
        .map((one) => `README.md of ${one.package}: no block holds \`${one.holds}\``)
    ]
  }
}

/** A block with its replacements made. */
export const replaced = (
  block: Block,
  given: Given | undefined
): { readonly text: string; readonly problems: ReadonlyArray<string> } => {
  const entries = Object.entries(given?.replace ?? {})
  return {
    text: entries.reduce((text, [from, to]) => text.replaceAll(from, to), block.text),
    problems: entries
      .filter(([from]) => !block.text.includes(from))
      .map(([from]) => `${placeOf(block)}: does not hold \`${from}\`, which is to be replaced`)
  }
}

/** Addresses of the local servers. */
export interface Addresses {
  readonly vendor: string
  readonly emulator: string
}

export const addressed = (text: string, { emulator, vendor }: Addresses): string =>
  text.replaceAll("VENDOR", vendor).replaceAll("EMULATOR", emulator)
