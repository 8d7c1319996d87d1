/** Crypto modes: which suites sign, and which must have signed for a bundle to be believed. */
import { BOTH_SUITES, type RequiredSuites } from "./dsse-verify.ts";
import type { SignatureAlgorithm } from "./suite.ts";

/**
 * "classical": Ed25519 alone. "hybrid": Ed25519 and ML-DSA-65, and both must verify. "pqc-required": both sign, and it is
 * ML-DSA-65 that must verify; the classical signature is carried for tools that know no other.
 */
export type CryptoMode = "classical" | "hybrid" | "pqc-required";

/** What a mode means. */
export interface CryptoSuites {
  /** Who signs, in this order. */
  readonly sign: readonly SignatureAlgorithm[];
  /** What a verifier who insists on this mode requires. */
  readonly require: RequiredSuites;
}

/** Every mode. */
export const CRYPTO_MODES: Readonly<Record<CryptoMode, CryptoSuites>> = {
  classical: { sign: ["ed25519"], require: [["ed25519"]] },
  hybrid: { sign: ["ed25519", "ml-dsa-65"], require: BOTH_SUITES },
  "pqc-required": { sign: ["ed25519", "ml-dsa-65"], require: [["ml-dsa-65"]] },
};

/** Whether a text names a mode. */
export function isCryptoMode(text: string): text is CryptoMode {
  return Object.hasOwn(CRYPTO_MODES, text);
}
