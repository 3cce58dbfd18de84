export * as OutboxContract from "./OutboxContract.ts"
export { outboxContract } from "./OutboxContract.ts"
export * as Simulation from "./Simulation.ts"
