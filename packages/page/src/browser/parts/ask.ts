/** Questions to whoever served the page. */

/** What was answered in place of what was asked for. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const tokenName = "millrace-token"

/** Kept as long as the tab is open. */
export const token = {
  isKept: (): boolean => sessionStorage.getItem(tokenName) !== null,
  keep: (value: string): void => sessionStorage.setItem(tokenName, value),
  forget: (): void => sessionStorage.removeItem(tokenName)
}

const authorization = (): Readonly<Record<string, string>> => {
  const kept = sessionStorage.getItem(tokenName)
  return kept === null ? {} : { authorization: `Bearer ${kept}` }
}

const answered = async (path: string, options: RequestInit): Promise<unknown> => {
  const response = await fetch(path, { ...options, cache: "no-store" }).catch(() => {
    throw new Refused(0, "it cannot be reached")
  })
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok) return body
  const said = typeof body === "object" && body !== null && "error" in body ? String(body.error) : ""
  throw new Refused(response.status, said === "" ? `status ${response.status}` : said)
}

/** Both ends of it stand in one package or are released together: what comes is what was asked for. */
export const get = <A>(path: string): Promise<A> => answered(path, { headers: authorization() }) as Promise<A>

export const post = <A>(path: string, value: unknown): Promise<A> =>
  answered(path, {
    method: "POST",
    headers: { ...authorization(), "content-type": "application/json" },
    body: JSON.stringify(value)
  }) as Promise<A>

export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
