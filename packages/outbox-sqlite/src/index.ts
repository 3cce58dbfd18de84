/**
 * @since 1.0.0
 */
export * as OutboxSqlite from "./OutboxSqlite.ts"
export { sqlite } from "./OutboxSqlite.ts"
