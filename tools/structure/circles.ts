/** The files that reach themselves by imports, each circle with all of its files. Pure: Tarjan's components. */
export const circles = (
  graph: ReadonlyMap<string, ReadonlyArray<string>>
): ReadonlyArray<ReadonlyArray<string>> => {
  const found: Array<ReadonlyArray<string>> = []
  const seen = new Map<string, { readonly index: number; low: number; isOpen: boolean }>()
  const open: Array<string> = []
  const visit = (file: string) => {
    const own = { index: seen.size, low: seen.size, isOpen: true }
    seen.set(file, own)
    open.push(file)
    for (const next of graph.get(file) ?? []) {
      const other = seen.get(next) ?? (graph.has(next) ? visit(next) : undefined)
      if (other?.isOpen) own.low = Math.min(own.low, other.low)
    }
    if (own.low === own.index) {
      const circle = open.splice(open.indexOf(file))
      for (const member of circle) seen.get(member)!.isOpen = false
      if (circle.length > 1 || graph.get(file)?.includes(file)) found.push(circle)
    }
    return own
  }
  for (const file of graph.keys()) if (!seen.has(file)) visit(file)
  return found
}
