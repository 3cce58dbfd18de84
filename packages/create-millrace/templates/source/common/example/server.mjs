// Stands in for __Name__ on this machine: gives two streams in pages, and prints every event it is sent back.
import { createServer } from "node:http"
import process from "node:process"

const port = 4180
const pageSize = 2
const item = (id, name, data) => ({ id, name, at: 1782742805000, customer: "customer-1", data })
const streams = {
  orders: [
    item("order-1", "order.placed", { total: 49.9 }),
    item("order-2", "order.placed", { total: 5 }),
    item("order-3", "order.placed", { total: 12 })
  ],
  returns: [item("return-1", "order.returned", { order: "order-1" })]
}

const page = ({ pathname, searchParams }) => {
  const items = streams[pathname.split("/").at(-1)] ?? []
  const from = Number(searchParams.get("after"))
  const cursor = Math.min(from + pageSize, items.length)
  return { items: items.slice(from, cursor), cursor: String(cursor), more: cursor < items.length }
}

const server = createServer(async (request, response) => {
  const pieces = []
  for await (const piece of request) pieces.push(piece)
  if (request.method === "POST") process.stdout.write(`taken: ${Buffer.concat(pieces)}\n`)
  response.setHeader("content-type", "application/json")
  response.end(JSON.stringify(page(new URL(request.url, "http://server"))))
})
server.listen(port, "127.0.0.1", () => process.stdout.write(`listening on http://127.0.0.1:${port}\n`))
