/** __Name__'s API: one page of a stream for the asking. */
import type { Checkpoint, Split } from "@millrace/core/Intake"
import { SourceError } from "@millrace/core/Source"
import { Transport } from "@millrace/http"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Page from "./page.ts"

export const open = (url: URL, token: Redacted.Redacted) => {
  const channel = Transport.promise(url.origin)
  return {
    page: async (stream: Split, after: Checkpoint, signal: AbortSignal): Promise<Page.Page> => {
      const answer = await channel
        .send(Page.request(url, token, stream, after), signal)
        .catch(({ message }: Error) => {
          throw new SourceError({ kind: "retry", reason: "no-answer", detail: `${url.href}: ${message}` })
        })
      return Result.getOrThrow(Page.read(url, answer, Date.now()))
    },
    close: channel.close
  }
}
