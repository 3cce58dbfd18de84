/**
 * @since 1.0.0
 */
export * as Address from "./Address.ts"
export { AnswerError } from "./AnswerError.ts"
export { ClientCertificate } from "./ClientCertificate.ts"
export * as Delivery from "./Delivery.ts"
export { excerpt } from "./Excerpt.ts"
export * as ProxySettings from "./ProxySettings.ts"
export * as RetryAfter from "./RetryAfter.ts"
export * as Status from "./Status.ts"
export * as Transport from "./Transport.ts"
export { TransportError } from "./TransportError.ts"
