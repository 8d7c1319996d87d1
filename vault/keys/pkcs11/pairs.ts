/** How key pairs are asked of a token, as data. */
import { fromHex } from "@arqon/core/base";
import type { KeyAlgorithm } from "../algorithms.ts";
import type { Attribute } from "./binding.ts";
import { CKA, CKM } from "./codes.ts";

/** One kind of pair. */
export interface PairKind {
  /** Mechanisms that make it and use its private half. */
  readonly make: number;
  readonly use: number;
  /** Says which; where a token does not take one form, the next is tried. */
  readonly parameters: readonly Attribute[];
  /** SubjectPublicKeyInfo up to the public key, and the key's length. */
  readonly spki: { readonly prefix: Uint8Array; readonly bytes: number };
  /** Length of a signature, or of a KEM's ciphertext. */
  readonly outputBytes: number;
}

const pair = (
  make: number,
  use: number,
  parameters: readonly Attribute[],
  prefix: string,
  bytes: number,
  outputBytes: number,
): PairKind => ({ make, use, parameters, spki: { prefix: fromHex(prefix), bytes }, outputBytes });

/** A CK_ULONG, little-endian: the plug-in passes attributes it does not know as bytes. */
const parameterSet = (set: number): Attribute[] => [
  { type: CKA.PARAMETER_SET, value: Buffer.from([set, 0, 0, 0, 0, 0, 0, 0]) },
];
const mlDsa = (set: number, prefix: string, bytes: number, signatureBytes: number): PairKind =>
  pair(CKM.ML_DSA_KEY_PAIR_GEN, CKM.ML_DSA, parameterSet(set), prefix, bytes, signatureBytes);
const mlKem = (set: number, prefix: string, bytes: number, ciphertextBytes: number): PairKind =>
  pair(CKM.ML_KEM_KEY_PAIR_GEN, CKM.ML_KEM, parameterSet(set), prefix, bytes, ciphertextBytes);
const slhDsa = (set: number, oidEnd: string, signatureBytes: number): PairKind =>
  pair(
    CKM.SLH_DSA_KEY_PAIR_GEN,
    CKM.SLH_DSA,
    parameterSet(set),
    `3030300b06096086480165030403${oidEnd}032100`,
    32,
    signatureBytes,
  );
const curve = (hex: string): Attribute => ({ type: CKA.EC_PARAMS, value: Buffer.from(hex, "hex") });

const PAIRS: Readonly<Partial<Record<KeyAlgorithm, PairKind>>> = {
  ed25519: pair(
    CKM.EC_EDWARDS_KEY_PAIR_GEN,
    CKM.EDDSA,
    // By name, as PKCS#11 2.40 drafts and SoftHSM have it, and by number, as NSS.
    [curve("130c656477617264733235353139"), curve("06032b6570")],
    "302a300506032b6570032100",
    32,
    64,
  ),
  "ecdsa-p256": pair(
    CKM.EC_KEY_PAIR_GEN,
    CKM.ECDSA,
    [curve("06082a8648ce3d030107")],
    "3059301306072a8648ce3d020106082a8648ce3d030107034200",
    65,
    64,
  ),
  "ml-dsa-44": mlDsa(1, "30820532300b06096086480165030403110382052100", 1312, 2420),
  "ml-dsa-65": mlDsa(2, "308207b2300b0609608648016503040312038207a100", 1952, 3309),
  "ml-dsa-87": mlDsa(3, "30820a32300b060960864801650304031303820a2100", 2592, 4627),
  "slh-dsa-sha2-128s": slhDsa(1, "14", 7856),
  "slh-dsa-sha2-128f": slhDsa(3, "15", 17_088),
  "ml-kem-512": mlKem(1, "30820332300b06096086480165030404010382032100", 800, 768),
  "ml-kem-768": mlKem(2, "308204b2300b0609608648016503040402038204a100", 1184, 1088),
  "ml-kem-1024": mlKem(3, "30820632300b06096086480165030404030382062100", 1568, 1568),
};

/** The kind of pair an algorithm has in a token, if any token can have it. */
export function pairOf(algorithm: KeyAlgorithm): PairKind | undefined {
  return Object.hasOwn(PAIRS, algorithm) ? PAIRS[algorithm] : undefined;
}
