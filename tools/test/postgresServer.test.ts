import { assert, describe, it } from "vitest"
import { isRecent } from "../postgres-server/programs.ts"

describe("a PostgreSQL server", () => {
  it("is recent enough from 14 on", () => {
    for (const version of ["14.0", "15.18 (Debian 15.18-0+deb12u1)", "18.4"])
      assert.isTrue(isRecent(`postgres (PostgreSQL) ${version}`), version)
    for (const version of ["13.22", "9.6.24"])
      assert.isFalse(isRecent(`postgres (PostgreSQL) ${version}`), version)
    assert.isFalse(isRecent(""))
  })
})
