// The local registry, a process of its own: takes a free port, tells its parent which, and ends with its parent.
import { createRequire } from "node:module"
import process from "node:process"

const [configuration] = process.argv.slice(2)
const { runServer } = createRequire(import.meta.url)("verdaccio")
const server = await runServer(configuration)
server.listen(0, "127.0.0.1", () => process.send(server.address().port))
process.on("disconnect", () => process.exit())
