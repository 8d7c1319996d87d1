import { ArqonError } from "@arqon/core/base";
import type { NoteSigner, Signer } from "@arqon/core/proof";
import type { KeyInfo, Keystore } from "./keystore.ts";

/** Signs envelopes and checkpoints with one key of a keystore. */
export type VaultSigner = Signer & NoteSigner;

/**
 * One signer a suite, Ed25519 first: of the keys with this label that are valid now, the newest.
 * @throws ArqonError `KEY_UNKNOWN` when a suite has no valid key.
 */
export function signersOf(keystore: Keystore, label: string, nowUs: number): VaultSigner[] {
  const nowMs = nowUs / 1000;
  const isValid = (key: KeyInfo): boolean =>
    Date.parse(key.notBefore) <= nowMs && nowMs < Date.parse(key.notAfter);
  return (["ed25519", "ml-dsa-65"] as const).map((algorithm) => {
    const key = keystore
      .list()
      .findLast((one) => one.algorithm === algorithm && one.label === label && isValid(one));
    if (!key)
      throw new ArqonError(
        "KEY_UNKNOWN",
        `the keystore has no ${algorithm} key "${label}" that is valid now`,
      );
    return {
      keyId: key.keyId,
      algorithm,
      spki: key.spki,
      sign: (message) => keystore.sign(key.keyId, message),
    };
  });
}
