/**
 * The control socket in the state directory of a running exporter: the exporter answers there, and others ask.
 *
 * @since 1.0.0
 */
export { connect } from "./internal/connect.ts"
export { serve } from "./internal/serve.ts"
