/** A time as people need it: how long ago or ahead, and, beside it or on pointing at it, when in UTC. */
import { lasting, utc } from "./words.ts"

export const Ago = ({ time, now }: { readonly time: number; readonly now: number }) => (
  <time dateTime={new Date(time).toISOString()} title={utc(time)}>
    {time > now ? `in ${lasting(time - now)}` : `${lasting(now - time)} ago`}
  </time>
)

export const Both = ({ time, now }: { readonly time: number; readonly now: number }) => (
  <span>
    {utc(time)} (<Ago time={time} now={now} />)
  </span>
)
