/** What must survive and stay secret: keys, ledger, objects, index. The front door of the wing. */

export type { AnnotationInit } from "./annotate.ts";
export type { Annotation } from "./annotation.ts";
export { AT_REST_LABEL } from "./at-rest.ts";
export type { FileKeys } from "./at-rest-files.ts";
export * from "./certificates/index.ts";
export type { Collected, CollectOptions } from "./collect.ts";
export { readDistrust } from "./distrust.ts";
export type { Encrypted } from "./encrypt-objects.ts";
export * from "./environment.ts";
export { makePrivateDirectory, readRegularFile, writePrivateFile } from "./files/index.ts";
export { proveLarge } from "./large.ts";
export type { LineageEdge, LineageGraph } from "./lineage.ts";
export type { LocalVaultHandle } from "./local-vault.ts";
export * from "./open.ts";
export { keyValidity, VAULT_LABEL } from "./open-keys.ts";
export { parsePolicy, readPolicy, type VaultPolicy, writePolicy } from "./policy.ts";
export * from "./port.ts";
export { indexPlace, type StorePlaces, storesFrom } from "./stores.ts";
export * from "./tls.ts";
export { addTrust, parseTrust, readTrust, removeTrust } from "./trust.ts";
export * from "./vault.ts";
export { requireNoWider } from "./wider-trust.ts";
export { openWitness, type Witness, type WitnessOptions } from "./witness.ts";
