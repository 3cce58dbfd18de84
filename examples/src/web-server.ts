/**
 * An exporter in a plain web server, in promises: orders are posted, each is safe in the outbox before it is answered, and
 * `GET /status` tells what became of them. A signal stops the server, then the exporter, which finishes what is under way.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Catalogue, type Event, Exporter, ExporterAsync, Source } from "@millrace/core"
import { http } from "@millrace/destination-http"
import { sqlite } from "@millrace/outbox-sqlite"
import * as Schema from "effect/Schema"
import * as Environment from "./environment.ts"

const Order = Schema.Struct({ cents: Schema.Int })
type Placed = Event.Event<"order.placed", typeof Order.Type>

/** The intake of the source below, once the exporter runs. */
const { promise: orders, resolve: open } = Promise.withResolvers<Source.AsyncIntake<Placed>>()
const source: Source.Source<Placed> = {
  plugin: "orders",
  push: true,
  catalogue: Catalogue.make<{ readonly "order.placed": typeof Order.Type }>("shop", {
    "order.placed": Order
  }),
  run: Source.fromAsync<Placed>(async (intake, signal) => {
    open(intake)
    await new Promise((resolve) => signal.addEventListener("abort", resolve))
  })
}

const exporter = await ExporterAsync.start(
  Exporter.from(source, { retention: "2 days" })
    .route("webhook")
    .to(http({ settings: { url: Environment.text("WEBHOOK_URL") } })),
  { outbox: sqlite({ settings: { path: Environment.text("STATE") } }) }
)
const intake = await orders

const server = createServer(async (request, response) => {
  const answer = (status: number, value: unknown) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value))
  }
  try {
    if (request.method === "GET") {
      const [ledger, lanes] = await Promise.all([exporter.ledger(), exporter.lanes()])
      return answer(200, { ledger, lanes })
    }
    // Nothing has been read of it, so whoever sends it may send it again.
    if (await intake.full()) return answer(429, { error: "try again later" })
    const { id, customer, cents } = JSON.parse(Buffer.concat(await request.toArray()).toString("utf8"))
    const user = { externalId: String(customer) }
    const placed: Placed = { id, type: "order.placed", time: Date.now(), user, properties: { cents } }
    await intake.append({ events: [placed], malformed: [] })
    answer(202, { id })
  } catch (error) {
    answer(503, { error: error instanceof Error ? error.message : String(error) })
  }
})
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))

/** The server first, so that nothing is answered that is not stored. */
const stop = async () => {
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
  const { ledger } = await exporter.stop()
  console.log(JSON.stringify(ledger.routes))
}
process.once("SIGTERM", stop)
// It was logged: what supervises this process starts it anew.
exporter.ended.catch(() => process.exit(1))
