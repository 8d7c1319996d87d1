import { type Clock, systemEntropy } from "@arqon/core/base";
import { openFileKeystore, signersOf, type VaultSigner } from "../keys/index.ts";
import type { DataKeys } from "../sealed/index.ts";

const YEAR_US = 365 * 86_400_000_000;

/** One signer a suite, from a keystore that is made in `home` when there is none. */
export function testSigners(home: string, clock: Clock): VaultSigner[] {
  const validity = { notBeforeUs: 0, notAfterUs: clock.nowUs() + YEAR_US };
  const initial = (["ed25519", "ml-dsa-65"] as const).map((algorithm) => ({
    algorithm,
    label: "vault",
    validity,
  }));
  return signersOf(
    openFileKeystore({ home, clock, entropy: systemEntropy, initial }),
    "vault",
    clock.nowUs(),
  );
}

/** Data keys that are "wrapped" by turning their bits over: good enough to see that objects are encrypted. */
export function testDataKeys(): DataKeys {
  const turn = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0xff);
  return {
    wrap: async (dataKey) => ({ keyId: "tests", wrapped: turn(dataKey) }),
    unwrap: async (_keyId, wrapped) => turn(wrapped),
    isNewest: () => true,
  };
}
