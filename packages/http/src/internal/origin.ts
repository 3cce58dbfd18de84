/** Host and port of a URL as sockets want them. */

const usualPorts: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 }

export const portOf = ({ port, protocol }: URL): number =>
  port === "" ? (usualPorts[protocol] ?? 0) : Number(port)

/** An IPv6 address without brackets, a name without the dot of the root. */
export const hostOf = ({ hostname }: URL): string =>
  hostname.replace(/^\[(.+)\]$/, "$1").replace(/(?<=.)\.$/, "")

export const isSecure = ({ protocol }: URL): boolean => protocol === "https:"
