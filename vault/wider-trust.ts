/** That a trust file which is added does not make a key that is listed valid for longer: that is for its owner to say. */
import { ArqonError } from "@arqon/core/base";
import type { PublicKey } from "@arqon/core/proof";
import { readTrust } from "./trust.ts";

/** @throws ArqonError `KEY_REFUSED` naming the first of `keys` that would be valid at more times than it is listed for. */
export async function requireNoWider(home: string, keys: readonly PublicKey[]): Promise<void> {
  const listed = new Map((await readTrust(home)).map((key) => [key.keyId, key]));
  for (const key of keys) {
    const before = listed.get(key.keyId);
    if (!before || (start(before) <= start(key) && end(before) >= end(key))) continue;
    throw new ArqonError(
      "KEY_REFUSED",
      `trust.json lists key ${key.keyId} as valid ${times(before)}; what is added says ${times(key)}, which is more`,
      { remedy: `If that is meant, remove it first: arqon keys trust remove ${key.keyId}` },
    );
  }
}

const start = ({ notBefore }: PublicKey): number => (notBefore ? Date.parse(notBefore) : -Infinity);
const end = ({ notAfter }: PublicKey): number => (notAfter ? Date.parse(notAfter) : Infinity);
const times = ({ notBefore, notAfter }: PublicKey): string =>
  `from ${notBefore ?? "ever"} to ${notAfter ?? "ever"}`;
