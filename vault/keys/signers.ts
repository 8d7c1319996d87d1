import { ArqonError } from "@arqon/core/base";
import type { NoteSigner, SignatureAlgorithm, Signer } from "@arqon/core/proof";
import { isSuiteKey, type Keystore, type SuiteKey } from "./keystore.ts";

/** Signs envelopes and checkpoints with one key of a keystore. */
export type VaultSigner = Signer & NoteSigner;

const BOTH: readonly SignatureAlgorithm[] = ["ed25519", "ml-dsa-65"];

/**
 * One signer a suite, in the order of `suites`: of the active keys with this label that are valid now, the newest.
 * @throws ArqonError `KEY_EXPIRED` or `KEY_DISABLED` when the suite's keys are all past their use, `KEY_UNKNOWN` when it
 *   has none.
 */
export function signersOf(
  keystore: Keystore,
  label: string,
  nowUs: number,
  suites: readonly SignatureAlgorithm[] = BOTH,
): VaultSigner[] {
  const nowMs = nowUs / 1000;
  const keys = keystore.list().filter((key) => isSuiteKey(key) && key.label === label) as SuiteKey[];
  return suites.map((algorithm) => {
    const mine = keys.filter((one) => one.algorithm === algorithm);
    const active = mine.filter(({ state }) => state === "active");
    const isValid = (key: SuiteKey): boolean =>
      Date.parse(key.notBefore) <= nowMs && nowMs < Date.parse(key.notAfter);
    const key = active.findLast(isValid);
    if (!key) {
      const code = active.length > 0 ? "KEY_EXPIRED" : mine.length > 0 ? "KEY_DISABLED" : "KEY_UNKNOWN";
      throw new ArqonError(code, `the keystore has no ${algorithm} key "${label}" that may sign now`);
    }
    return {
      keyId: key.keyId,
      algorithm,
      spki: key.spki,
      sign: (message) => keystore.sign(key.keyId, message),
    };
  });
}

/** Does it once more when the keys at hand were retired meanwhile: `work` asks for signers itself. */
export async function againAfterRotation<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (ArqonError.from(thrown).code !== "KEY_DISABLED") throw thrown;
    return work();
  }
}
