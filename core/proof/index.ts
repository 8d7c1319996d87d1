/** Proof: signature suites, DSSE envelopes, Merkle proofs, checkpoints. Verification only; keys live elsewhere. */
export * from "./cosign.ts";
export * from "./dsse.ts";
export * from "./dsse-verify.ts";
export * from "./merkle.ts";
export * from "./merkle-prove.ts";
export * from "./modes.ts";
export * from "./note.ts";
export { nodeCrypto, webCrypto } from "./runtime-crypto.ts";
export * from "./suite.ts";
export * from "./tiles.ts";
export * from "./tlog-proof.ts";
export * from "./verifier.ts";
