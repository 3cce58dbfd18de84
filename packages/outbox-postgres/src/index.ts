/**
 * The outbox of Millrace in PostgreSQL, shared by several exporters.
 *
 * @since 1.0.0
 */
export * as OutboxPostgres from "./OutboxPostgres.ts"
export { postgres } from "./OutboxPostgres.ts"
