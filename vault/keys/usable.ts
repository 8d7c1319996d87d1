import { ArqonError } from "@arqon/core/base";
import { type KeyOperation, operationOf } from "./algorithms.ts";
import type { KeyInfo } from "./keystore.ts";

/** What is about to be done: "unwrap" and "decapsulate" open what was closed before, so retired and expired keys may. */
export type KeyUse = KeyOperation | "unwrap";

/**
 * The key of this id, if it may be used so now.
 * @throws ArqonError `KEY_UNKNOWN`, `KEY_REFUSED`, `KEY_DISABLED` or `KEY_EXPIRED`.
 */
export function requireUsable<K extends KeyInfo>(
  keys: readonly K[],
  keyId: string,
  use: KeyUse,
  nowUs: number,
): K {
  const key = keys.find((one) => one.keyId === keyId);
  if (!key) throw new ArqonError("KEY_UNKNOWN", `the keystore has no key ${keyId.slice(0, 80)}`);
  const { algorithm, state } = key;
  if (operationOf(algorithm) !== (use === "unwrap" ? "wrap" : use))
    throw new ArqonError("KEY_REFUSED", `key ${keyId} is for ${algorithm}; it cannot ${use}`);
  const opens = use === "unwrap" || use === "decapsulate";
  if (state === "disabled" || state === "pending" || (state === "retired" && !opens)) {
    const since = key.endedAt === undefined ? "" : ` since ${key.endedAt}`;
    throw new ArqonError("KEY_DISABLED", `key ${keyId} is ${state}${since}; it cannot ${use}`);
  }
  const nowMs = nowUs / 1000;
  if (!opens && (nowMs < Date.parse(key.notBefore) || nowMs >= Date.parse(key.notAfter)))
    throw new ArqonError(
      "KEY_EXPIRED",
      `key ${keyId} is valid from ${key.notBefore} until ${key.notAfter}, not now`,
    );
  return key;
}
