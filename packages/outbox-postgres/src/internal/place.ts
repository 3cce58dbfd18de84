import * as Redacted from "effect/Redacted"

/** The server and the database of an address, for people: never its password. */
export const placeOf = (url: string): string => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined) return "the PostgreSQL server"
  const host = parsed.hostname === "" ? (parsed.searchParams.get("host") ?? "localhost") : parsed.hostname
  const port = parsed.port === "" ? "" : `:${parsed.port}`
  return `the PostgreSQL server ${host}${port}, database ${parsed.pathname.slice(1) || parsed.username}`
}

/** An address that says nothing of TLS asks for it where the server has it. */
export const withTls = (address: Redacted.Redacted): Redacted.Redacted => {
  const text = Redacted.value(address)
  if (!URL.canParse(text)) return address
  const url = new URL(text)
  if (url.searchParams.has("sslmode")) return address
  url.searchParams.set("sslmode", "prefer")
  return Redacted.make(url.href)
}
