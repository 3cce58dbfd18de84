/**
 * @since 1.0.0
 */
export * as AzureBlobSource from "./AzureBlobSource.ts"
export { azureBlob } from "./AzureBlobSource.ts"
