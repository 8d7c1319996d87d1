/** `trust.json`: the public keys whose signatures are believed here. Written with this vault's own; others are added. */
import { join } from "node:path";
import {
  ArqonError,
  canonicalJson,
  fromUtf8,
  type Json,
  type JsonObject,
  jsonObject,
  parseJson,
  utf8,
} from "@arqon/core/base";
import { isUtcTime } from "@arqon/core/bundle";
import { type PublicKey, pemOf, publicKeyFromPem } from "@arqon/core/proof";
import { setDistrust } from "./distrust.ts";
import { createFile, readRegularFile, writePrivateFile } from "./files/index.ts";
import type { KeyInfo, SuiteKey } from "./keys/index.ts";
import type { TrustedKey } from "./vault.ts";

const LIMIT_BYTES = 4 << 20;
/** "comment" is for people. */
const FIELDS: readonly string[] = ["keyId", "algorithm", "publicKeyPem", "notBefore", "notAfter", "comment"];

/** A key as `trust.json` has it. */
export function trustedKey(key: PublicKey): TrustedKey {
  const { keyId, algorithm, spki, notBefore, notAfter } = key;
  return {
    keyId,
    algorithm,
    publicKeyPem: pemOf(spki),
    ...(notBefore !== undefined && { notBefore }),
    ...(notAfter !== undefined && { notAfter }),
  };
}

/**
 * This vault's keys as others should trust them. What a key signed holds up to the moment it was retired or disabled; a
 * successor's holds from its own start, and that of the first key of a suite from ever.
 */
export function trustable(keys: readonly SuiteKey[]): PublicKey[] {
  return keys.map(({ keyId, algorithm, spki, notBefore, endedAt }, i) => {
    const first = keys.findIndex((key) => key.algorithm === algorithm) === i;
    return {
      keyId,
      algorithm,
      spki,
      ...(!first && { notBefore }),
      ...(endedAt !== undefined && { notAfter: endedAt }),
    };
  });
}

function format(entries: readonly JsonObject[]): Uint8Array {
  return utf8(`[\n${entries.map((entry) => canonicalJson(entry)).join(",\n")}\n]\n`);
}

/** Writes `trust.json` unless there is one, which may have been edited. */
export function createTrust(home: string, keys: readonly SuiteKey[]): void {
  createFile(join(home, "trust.json"), format(trustable(keys).map((key) => ({ ...trustedKey(key) }))));
}

function entriesIn(text: string, what: string): JsonObject[] {
  const list: Json = parseJson(text, what);
  if (!Array.isArray(list)) throw new ArqonError("JSON_INVALID", `${what} must be a JSON array of keys`);
  return list.map((item, i) => jsonObject(item, `${what} entry ${i}`));
}

function timeIn(entry: JsonObject, field: string, what: string): string | undefined {
  const value = entry[field];
  if (value === undefined) return undefined;
  if (isUtcTime(value)) return value;
  throw new ArqonError("JSON_INVALID", `${what}: "${field}" is not a UTC time (RFC 3339)`);
}

function keyIn(entry: JsonObject, what: string): PublicKey {
  const { publicKeyPem, keyId } = entry;
  // A misspelt limit must not be a limit that is missing.
  const unknown = Object.keys(entry).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined)
    throw new ArqonError(
      "JSON_INVALID",
      `${what} has the field "${unknown.slice(0, 40)}", which is not known`,
    );
  if (typeof publicKeyPem !== "string")
    throw new ArqonError("JSON_INVALID", `${what}: "publicKeyPem" is not a text`);
  const key = publicKeyFromPem(publicKeyPem, what);
  if (keyId !== key.keyId || entry["algorithm"] !== key.algorithm)
    throw new ArqonError("JSON_INVALID", `${what}: keyId or algorithm is not that of its public key`);
  const notBefore = timeIn(entry, "notBefore", what);
  const notAfter = timeIn(entry, "notAfter", what);
  return {
    ...key,
    ...(notBefore !== undefined && { notBefore }),
    ...(notAfter !== undefined && { notAfter }),
  };
}

/**
 * The keys that `text`, in the form of `trust.json`, lists.
 * @throws ArqonError `JSON_INVALID`, `JSON_AMBIGUOUS` or `SIGNATURE_INVALID` naming `what`.
 */
export function parseTrust(text: string, what: string): PublicKey[] {
  return entriesIn(text, what).map((entry, i) => keyIn(entry, `${what} entry ${i}`));
}

function readText(home: string): string | undefined {
  const bytes = readRegularFile(join(home, "trust.json"), { limitBytes: LIMIT_BYTES });
  return bytes && fromUtf8(bytes);
}

/** The keys trusted in `home`; none when there is no `trust.json`. */
export async function readTrust(home: string): Promise<PublicKey[]> {
  const text = readText(home);
  return text === undefined ? [] : parseTrust(text, join(home, "trust.json"));
}

/** Changes the entries of `trust.json`, which must be sound before and after. Returns whether anything changed. */
function edit(home: string, change: (entries: readonly JsonObject[]) => readonly JsonObject[]): boolean {
  const path = join(home, "trust.json");
  const text = readText(home) ?? "[]";
  parseTrust(text, path);
  const before = entriesIn(text, path);
  const after = change(before);
  const bytes = format(after);
  if (canonicalJson([...after]) === canonicalJson([...before])) return false;
  parseTrust(fromUtf8(bytes), path);
  if (bytes.length > LIMIT_BYTES)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `trust.json would have ${bytes.length} bytes, limit ${LIMIT_BYTES}`,
    );
  writePrivateFile(path, bytes);
  return true;
}

/** Adds keys; one with the same id is replaced, one that was removed is believed again. Returns whether anything changed. */
export function addTrust(home: string, keys: readonly PublicKey[]): boolean {
  const changed = edit(home, (entries) => {
    const added = new Map(keys.map((key) => [key.keyId, { ...trustedKey(key) } as JsonObject]));
    const kept = entries.map((entry) => {
      const mine = added.get(String(entry["keyId"]));
      added.delete(String(entry["keyId"]));
      return mine ?? entry;
    });
    return [...kept, ...added.values()];
  });
  setDistrust(
    home,
    keys.map(({ keyId }) => keyId),
    false,
  );
  return changed;
}

/** Takes a key out, and remembers that it is refused. @throws ArqonError `KEY_UNKNOWN` when it is not in the file. */
export function removeTrust(home: string, keyId: string): void {
  const listed = parseTrust(readText(home) ?? "[]", join(home, "trust.json"));
  if (!listed.some((key) => key.keyId === keyId))
    throw new ArqonError("KEY_UNKNOWN", `trust.json has no key ${keyId.slice(0, 80)}`);
  // First, so that a removal that is cut short leaves no key that is merely unknown.
  setDistrust(home, [keyId], true);
  edit(home, (entries) => entries.filter((entry) => entry["keyId"] !== keyId));
}

/** Ends the validity of keys that are retired or disabled, where the file lists them and does not end it earlier. */
export function concludeTrust(home: string, keys: readonly KeyInfo[]): void {
  const ended = new Map(keys.flatMap(({ keyId, endedAt }) => (endedAt ? [[keyId, endedAt] as const] : [])));
  if (ended.size === 0) return;
  edit(home, (entries) =>
    entries.map((entry) => {
      const at = ended.get(String(entry["keyId"]));
      const stated = entry["notAfter"];
      if (at === undefined || (typeof stated === "string" && Date.parse(stated) <= Date.parse(at)))
        return entry;
      return { ...entry, notAfter: at };
    }),
  );
}
