/** Timers in the order of their time, those of one time in the order they were set: a binary heap. */
export interface Timer {
  readonly at: number
  readonly sequence: number
  run: (() => void) | undefined
}

export interface Timers {
  readonly set: (at: number, run: () => void) => Timer
  /** Takes out the next timer that was not cancelled. */
  readonly next: () => Timer | undefined
}

const isBefore = (left: Timer, right: Timer) =>
  left.at < right.at || (left.at === right.at && left.sequence < right.sequence)

export const make = (): Timers => {
  const heap: Array<Timer> = []
  let sequence = 0

  const rise = (from: number) => {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!isBefore(heap[at]!, heap[parent]!)) return
      swap(heap, at, parent)
      at = parent
    }
  }
  const sink = () => {
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      let least = at
      if (left < heap.length && isBefore(heap[left]!, heap[least]!)) least = left
      if (right < heap.length && isBefore(heap[right]!, heap[least]!)) least = right
      if (least === at) return
      swap(heap, at, least)
      at = least
    }
  }
  const take = (): Timer | undefined => {
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    heap[0] = last
    sink()
    return first
  }

  return {
    set: (at, run) => {
      const timer = { at, sequence: sequence++, run }
      heap.push(timer)
      rise(heap.length - 1)
      return timer
    },
    next: () => {
      let timer = take()
      while (timer !== undefined && timer.run === undefined) timer = take()
      return timer
    }
  }
}

const swap = (heap: Array<Timer>, left: number, right: number) => {
  const held = heap[left]!
  heap[left] = heap[right]!
  heap[right] = held
}
