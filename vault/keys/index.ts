/** Keys that sign, wrap and decapsulate, and where they are sealed. Private keys never leave this room. */
export {
  isKeyAlgorithm,
  KEY_ALGORITHMS,
  type KeyAlgorithm,
  type KeyOperation,
  operationOf,
} from "./algorithms.ts";
export { type AzureKeystoreOptions, openAzureKeystore } from "./azure/azure-keystore.ts";
export * from "./file-keystore.ts";
export { type IsolatedKeystoreOptions, openIsolatedKeystore } from "./isolated/isolated-keystore.ts";
export * from "./keystore.ts";
export * from "./kms.ts";
export * from "./signers.ts";
export type { TokenPlace } from "./token.ts";
export { encapsulateTo, verifySignature } from "./use.ts";
