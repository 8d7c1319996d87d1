/** `trust.json`: the public keys whose signatures are believed here. Written with this vault's own; others are added by hand. */
import { join } from "node:path";
import { ArqonError, canonicalJson, type Json, jsonObject, parseJson, utf8 } from "@arqon/core/base";
import { type PublicKey, pemOf, publicKeyFromPem } from "@arqon/core/proof";
import { createFile, readRegularFile } from "./files/index.ts";
import type { TrustedKey } from "./vault.ts";

const LIMIT_BYTES = 1 << 20;

/** A key as `trust.json` has it. */
export function trustedKey({ keyId, algorithm, spki }: PublicKey): TrustedKey {
  return { keyId, algorithm, publicKeyPem: pemOf(spki) };
}

/** Writes `trust.json` unless there is one, which may have been edited. */
export function createTrust(home: string, keys: readonly PublicKey[]): void {
  const lines = keys.map((key) => canonicalJson({ ...trustedKey(key) })).join(",\n");
  createFile(join(home, "trust.json"), utf8(`[\n${lines}\n]\n`));
}

/**
 * The keys that `text`, in the form of `trust.json`, lists.
 * @throws ArqonError `JSON_INVALID` or `SIGNATURE_INVALID` naming `what`.
 */
export function parseTrust(text: string, what: string): PublicKey[] {
  const list: Json = parseJson(text, what);
  if (!Array.isArray(list)) throw new ArqonError("JSON_INVALID", `${what} must be a JSON array of keys`);
  return list.map((item: Json, i) => {
    const entry = jsonObject(item, `${what} entry ${i}`);
    const { publicKeyPem, keyId } = entry;
    if (typeof publicKeyPem !== "string")
      throw new ArqonError("JSON_INVALID", `${what} entry ${i}: "publicKeyPem" is not a text`);
    const key = publicKeyFromPem(publicKeyPem, `${what} entry ${i}`);
    if (keyId !== key.keyId || entry["algorithm"] !== key.algorithm)
      throw new ArqonError(
        "JSON_INVALID",
        `${what} entry ${i}: keyId or algorithm is not that of its public key`,
      );
    return key;
  });
}

/** The keys trusted in `home`; none when there is no `trust.json`. */
export async function readTrust(home: string): Promise<PublicKey[]> {
  const path = join(home, "trust.json");
  const bytes = readRegularFile(path, { limitBytes: LIMIT_BYTES });
  return bytes ? parseTrust(new TextDecoder().decode(bytes), path) : [];
}
