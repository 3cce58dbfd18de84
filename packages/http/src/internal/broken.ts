/** Why a connection failed, as it is thrown inside this package. */
import type { Reason } from "../TransportError.ts"
import { reasonOf } from "./reasonOf.ts"

/** Why there is no connection, as far as it is told apart already; `proxy` is the one that is at fault. */
export class Broken extends Error {
  readonly reason: Reason
  readonly code: string
  readonly proxy: string | undefined

  constructor(reason: Reason, code: string, proxy?: string) {
    super(code)
    this.reason = reason
    this.code = code
    this.proxy = proxy
  }

  /** A cause as what it is of: the remote, or the proxy before it. */
  static of(cause: unknown, proxy?: string): Broken {
    if (cause instanceof Broken) return cause
    const { code, reason } = reasonOf(cause)
    return new Broken(reason, code, proxy)
  }
}
