/** Servers before this one lost whole streams when they were killed (nats-server#6888). */
export const least = "2.10.23"

/** Whether a server of this version keeps what it has acknowledged; not for a version that cannot be read. */
export const isSound = (version: string): boolean => {
  const [major, minor, patch] = numbers(version)
  const [leastMajor, leastMinor, leastPatch] = numbers(least)
  if (major !== leastMajor) return major > leastMajor
  return minor === leastMinor ? patch >= leastPatch : minor > leastMinor
}

const numbers = (version: string): readonly [number, number, number] => {
  const [, major = "-1", minor = "-1", patch = "-1"] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []
  return [Number(major), Number(minor), Number(patch)]
}
