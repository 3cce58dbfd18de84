/** Words for alerts: nothing here comes from a remote, since alerts leave the house. */
import { counted } from "../Text.ts"

const reasons: Readonly<Record<string, string>> = {
  "no-answer":
    "the remote cannot be reached, or gives no answer in time; look at its address, the network, DNS, the proxy and certificates",
  unavailable: "the remote answers that it cannot serve now; look at its status page",
  throttled: "the remote asks to send less, or later",
  "wrong-address": "what answers is not the remote; correct its address",
  unexpected: "the remote answers what its plugin does not know",
  defect: "the destination's plugin failed",
  unauthorized:
    "the key was refused; give a valid one: a changed file is taken up at once, a variable at the next start",
  "not-in-configuration":
    "name it in the configuration again, or put its events elsewhere with millrace dead-letters and replay"
}

/** What a declared reason means, and what to do. */
export const because = (reason: string): string =>
  reasons[reason] ?? "the lane waits for its cause to be mended"

/** `1 event waits and is kept`, `5 events wait and are kept`. */
export const kept = (events: number): string =>
  `${counted(events, "event")} ${events === 1 ? "waits and is" : "wait and are"} kept`
