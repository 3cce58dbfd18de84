import { once } from "node:events"
import { createServer } from "node:net"
import { assert, describe, it } from "vitest"
import { freePort } from "../freePort.ts"

describe("a free port", () => {
  it("is none that the system gives out, and another one each time", async () => {
    const ports = [await freePort(), await freePort(), await freePort()]
    assert.strictEqual(new Set(ports).size, 3)
    for (const port of ports) assert.isTrue(port >= 20_000 && port < 32_768, `${port}`)
  })

  it("is the one asked for while nobody has it", async () => {
    const wanted = await freePort()
    assert.strictEqual(await freePort(wanted), wanted)
    const server = createServer().listen(wanted, "127.0.0.1")
    await once(server, "listening")
    assert.notStrictEqual(await freePort(wanted), wanted)
    server.close()
  })
})
