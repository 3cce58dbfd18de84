/** A remote on this machine that takes whatever it is sent, in the words of all the vendors at once. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

export interface Vendor {
  readonly origin: string
  /** Ids of the events that came as a list, in any order. */
  readonly ids: Set<string>
  /** The same, each with the path that it came to: `/events 1`. */
  readonly taken: Set<string>
  /** What was shown to be let in. */
  readonly authorizations: Set<string>
  readonly close: () => void
}

const idsIn = (text: string): ReadonlyArray<string> => {
  try {
    const body: unknown = JSON.parse(text)
    const items: unknown = Array.isArray(body) ? body : Object(body).batch
    return Array.isArray(items)
      ? items.map((item) => item?.id ?? item?.messageId).filter((id) => typeof id === "string")
      : []
  } catch {
    return []
  }
}

export const startVendor = async (): Promise<Vendor> => {
  const ids = new Set<string>()
  const taken = new Set<string>()
  const authorizations = new Set<string>()
  const server = createServer(async (request, response) => {
    let text = ""
    for await (const piece of request.setEncoding("utf8")) text += piece
    const came = idsIn(text)
    for (const id of came) {
      ids.add(id)
      taken.add(`${request.url} ${id}`)
    }
    authorizations.add(request.headers.authorization ?? "none")
    const results = came.map((id) => ({ id, accepted: true }))
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify({ code: 200, status: "OK", success: true, results }))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    ids,
    taken,
    authorizations,
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}
