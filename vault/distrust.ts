/** `distrust.json`: the ids of keys that were taken out of the trust file. What they signed is refused until they are added again. */
import { join } from "node:path";
import { ArqonError, canonicalJson, fromUtf8, parseJson, utf8 } from "@arqon/core/base";
import { readRegularFile, writePrivateFile } from "./files/index.ts";

const LIMIT_BYTES = 4 << 20;
const KEY_ID = /^sha256:[0-9a-f]{64}$/;

const pathIn = (home: string): string => join(home, "distrust.json");

/** The ids of the keys refused in `home`. @throws ArqonError `JSON_INVALID`, `JSON_AMBIGUOUS` */
export function readDistrust(home: string): string[] {
  const bytes = readRegularFile(pathIn(home), { limitBytes: LIMIT_BYTES });
  if (!bytes) return [];
  const list = parseJson(fromUtf8(bytes), pathIn(home));
  const ids = Array.isArray(list) ? list.filter((id) => typeof id === "string" && KEY_ID.test(id)) : [];
  if (!Array.isArray(list) || ids.length !== list.length)
    throw new ArqonError("JSON_INVALID", `${pathIn(home)} must be a JSON array of key ids`);
  return ids.map(String);
}

/** Remembers that a key is refused, or forgets it. */
export function setDistrust(home: string, keyIds: readonly string[], refused: boolean): void {
  const before = readDistrust(home);
  const others = before.filter((id) => !keyIds.includes(id));
  const after = refused ? [...others, ...keyIds] : others;
  if (canonicalJson(after) !== canonicalJson(before))
    writePrivateFile(pathIn(home), utf8(`${canonicalJson(after)}\n`));
}
