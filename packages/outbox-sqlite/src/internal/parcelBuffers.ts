/** Parcels on their way between two threads: packed into one buffer, which is handed over and comes back. */
import type { Call, Entry } from "./operations.ts"

/** Buffers are made in steps of this size, so that one fits the next chunk, too. */
const step = 64 * 1024
/** The most buffers that are kept, and the largest. */
const most = 4
const largest = 4 * 1024 * 1024

/** A call to give away, and the memory that its bytes stand in. */
export interface Packed {
  readonly call: Call
  readonly buffer: ArrayBuffer | undefined
}

export interface ParcelBuffers {
  /** The call with its parcels and buried records copied into one buffer: the caller may need his own again, to repeat what was refused. */
  readonly pack: (call: Call) => Packed
  /** A buffer that came back is used for another call: garbage of this size would make the process large. */
  readonly recycle: (buffer: ArrayBuffer) => void
}

export const make = (): ParcelBuffers => {
  const free: Array<ArrayBuffer> = []

  const take = (size: number): ArrayBuffer => {
    const index = free.findIndex(({ byteLength }) => byteLength >= size)
    const [found] = index < 0 ? [] : free.splice(index, 1)
    return found ?? new ArrayBuffer(Math.ceil(size / step) * step)
  }

  return {
    pack: (call) => {
      if (call.method !== "append") return { call, buffer: undefined }
      const [entry] = call.input as [Entry]
      const buffer = take(
        entry.parcels.reduce((sum, { records }) => sum + sizeOf(records), 0) +
          entry.buried.reduce((sum, { record }) => sum + record.length, 0)
      )
      let at = 0
      const parcels = entry.parcels.map(({ route, lane, records }) => {
        const ends = new Uint32Array(buffer, at, records.ends.length)
        const bytes = new Uint8Array(buffer, at + ends.byteLength, records.bytes.length)
        ends.set(records.ends)
        bytes.set(records.bytes)
        at += sizeOf(records)
        return { route, lane, records: { ...records, bytes, ends } }
      })
      // Each in memory of its own, thousands of small ones would take a multiple of their bytes in the store's thread.
      const buried = entry.buried.map((kept) => {
        const record = new Uint8Array(buffer, at, kept.record.length)
        record.set(kept.record)
        at += record.length
        return { ...kept, record }
      })
      return { call: { method: "append", input: [{ ...entry, parcels, buried }] }, buffer }
    },
    recycle: (buffer) => {
      if (free.length < most && buffer.byteLength <= largest) free.push(buffer)
    }
  }
}

/** Offsets take four bytes each and must stand at a multiple of four. */
const sizeOf = ({ bytes, ends }: Entry["parcels"][number]["records"]): number =>
  4 * ends.length + 4 * Math.ceil(bytes.length / 4)
