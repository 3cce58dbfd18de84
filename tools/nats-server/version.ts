/** Whether what `nats-server --version` says names a version that the source takes: 2.10.23 or later. */
export const isRecent = (text: string): boolean => {
  const [, major = 0, minor = 0, patch = 0] = (/v(\d+)\.(\d+)\.(\d+)/.exec(text) ?? []).map(Number)
  if (major !== 2) return major > 2
  return minor === 10 ? patch >= 23 : minor > 10
}
