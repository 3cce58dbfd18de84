/**
 * @since 1.0.0
 */
export * as Metrics from "./Metrics.ts"
export * as Telemetry from "./Telemetry.ts"
