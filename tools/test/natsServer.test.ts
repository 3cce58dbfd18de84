import { assert, describe, it } from "vitest"
import { isRecent } from "../nats-server/version.ts"

describe("a nats-server", () => {
  it("is recent enough from 2.10.23 on", () => {
    for (const version of ["v2.10.23", "v2.10.27", "v2.11.0", "v3.0.0"])
      assert.isTrue(isRecent(`nats-server: ${version}\n`), version)
    for (const version of ["v2.10.22", "v2.9.25", "v1.4.1"])
      assert.isFalse(isRecent(`nats-server: ${version}\n`), version)
    assert.isFalse(isRecent(""))
  })
})
