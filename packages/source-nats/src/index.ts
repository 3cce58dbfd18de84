/**
 * @since 1.0.0
 */
export * as NatsSource from "./NatsSource.ts"
export { nats } from "./NatsSource.ts"
export * as Settings from "./Settings.ts"
