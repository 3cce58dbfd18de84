/**
 * @since 1.0.0
 */
export * as Config from "./Config.ts"
export { ConfigError } from "./ConfigError.ts"
export * as ConfigFile from "./ConfigFile.ts"
export { defineConfig } from "./ConfigFile.ts"
