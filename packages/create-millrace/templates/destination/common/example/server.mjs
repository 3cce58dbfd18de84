// Stands in for __Name__ on this machine: asks for a token, takes every event and prints it.
import { createServer } from "node:http"
import process from "node:process"

const port = 4180

const server = createServer(async (request, response) => {
  const pieces = []
  for await (const piece of request) pieces.push(piece)
  const body = Buffer.concat(pieces).toString()
  const isAllowed = /^Bearer \S/.test(request.headers.authorization ?? "")
  const events = body === "" ? [] : JSON.parse(body)
  for (const event of isAllowed ? events : []) process.stdout.write(`taken: ${JSON.stringify(event)}\n`)
  const results = events.map(({ id }) => ({ id, accepted: true }))
  response.writeHead(isAllowed ? 200 : 401, { "content-type": "application/json" })
  response.end(JSON.stringify(isAllowed ? { results } : { error: "which token?" }))
})
server.listen(port, "127.0.0.1", () => process.stdout.write(`listening on http://127.0.0.1:${port}\n`))
