/** Opens the keystore a vault works with. */
import type { Clock, Entropy } from "@arqon/core/base";
import {
  type KeyRequest,
  type Keystore,
  openFileKeystore,
  openIsolatedKeystore,
  type TokenPlace,
  type Validity,
} from "./keys/index.ts";

/** Label of the keys that sign bundles and checkpoints. */
export const VAULT_LABEL = "vault";

const KEY_LIFE_US = 10 * 366 * 86_400_000_000;

/** Where private keys work: in this process, in one of their own, or in a PKCS#11 token that one of their own uses. */
export type KeyPlace = "file" | "isolated" | TokenPlace;

/** What is needed to open it. */
export interface OpenKeysOptions {
  readonly home: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly passphrase?: string;
  readonly keys?: KeyPlace;
  /** Refuse to make keys that would not be in a token. */
  readonly residentOnly?: boolean;
}

/** Ten years from midnight of the day before: a clock set back a little still finds its keys valid. */
export function keyValidity(clock: Clock): Validity {
  const nowUs = clock.nowUs();
  return {
    notBeforeUs: nowUs - (nowUs % 86_400_000_000) - 86_400_000_000,
    notAfterUs: nowUs + KEY_LIFE_US,
  };
}

/** Opens the keystore of `home`, or creates it with keys of both suites, and wrapping keys with the given labels. */
export async function openKeys(options: OpenKeysOptions, wrapping: readonly string[]): Promise<Keystore> {
  const { home, clock, entropy, passphrase } = options;
  const validity = keyValidity(clock);
  const initial: KeyRequest[] = [
    ...(["ed25519", "ml-dsa-65"] as const).map((algorithm) => ({ algorithm, label: VAULT_LABEL, validity })),
    ...wrapping.map((label) => ({ algorithm: "aes-256-gcm" as const, label, validity })),
  ];
  const opening = { home, initial, ...(passphrase !== undefined && { passphrase }) };
  const { keys = "file", residentOnly = false } = options;
  if (keys === "file") return openFileKeystore({ ...opening, clock, entropy, residentOnly });
  return openIsolatedKeystore({ ...opening, residentOnly, ...(keys !== "isolated" && { token: keys }) });
}
