/** A time as people need it: how long ago or ahead, and, beside it or on pointing at it, when in UTC. */
import { lasting, utc } from "./words.ts"

/** Within a second it is now: the exporter's clock and the last look are not the same moment. */
const words = (time: number, now: number): string => {
  if (Math.abs(time - now) < 1000) return "now"
  return time > now ? `in ${lasting(time - now)}` : `${lasting(now - time)} ago`
}

export const Ago = ({ time, now }: { readonly time: number; readonly now: number }) => (
  <time dateTime={new Date(time).toISOString()} title={utc(time)}>
    {words(time, now)}
  </time>
)

export const Both = ({ time, now }: { readonly time: number; readonly now: number }) => (
  <span>
    {utc(time)} (<Ago time={time} now={now} />)
  </span>
)
