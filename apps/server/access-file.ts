/** `access.json`: principals with the hashes of their keys and the URIs of their certificates. */
import type { AccessEntry } from "@arqon/bus";
import { ArqonError, type Json, jsonObject, parseJson } from "@arqon/core/base";
import { readRegularFile } from "@arqon/vault";
import { SERVICES } from "./config.ts";

/** Names of the server and of its bus: whoever had the second could ask for seals of what nobody ran. */
const RESERVED: readonly string[] = ["arqon", "arqon-bus"];
/** What belongs to everybody has the first, and what belongs to nobody known the second. */
const RESERVED_TENANTS: readonly string[] = ["", "unknown"];

/** The text of a file, if it is there. @throws ArqonError `FILE_UNREADABLE`, `LIMIT_EXCEEDED` */
export function readIfThere(path: string): string | undefined {
  const bytes = readRegularFile(path, { limitBytes: 1 << 20, secret: true });
  return bytes && new TextDecoder().decode(bytes);
}

/** The principals of a file, if it is there. @throws ArqonError `JSON_INVALID`, and as {@link readIfThere} */
export function readAccessFile(path: string): AccessEntry[] | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const list = parseJson(text, path);
  if (!Array.isArray(list))
    throw new ArqonError("JSON_INVALID", `${path} must be a JSON array of principals`);
  const entries = list.map((item: Json, i) => entryOf(item, `${path}[${i}]`));
  const ids = entries.map(({ principal }) => principal.id);
  const twice = ids.find((id, i) => ids.indexOf(id) < i);
  if (twice !== undefined)
    throw new ArqonError("JSON_INVALID", `${path}: more than one principal is called "${twice}"`);
  return entries;
}

function entryOf(item: Json, where: string): AccessEntry {
  const { id, tenant, capabilities, keyHashes, identities = [] } = jsonObject(item, where);
  if (typeof id !== "string" || typeof tenant !== "string" || !isTexts(capabilities) || !isTexts(keyHashes))
    throw new ArqonError("JSON_INVALID", `${where} needs id, tenant, capabilities and keyHashes`);
  if (RESERVED_TENANTS.includes(tenant))
    throw new ArqonError("JSON_INVALID", `${where}: no tenant may be called "${tenant}"`);
  if (!isTexts(identities))
    throw new ArqonError("JSON_INVALID", `${where}: identities must be URIs of client certificates`);
  if ((SERVICES as readonly string[]).includes(id) || RESERVED.includes(id))
    throw new ArqonError("JSON_INVALID", `${where}: "${id}" is the name of a service of the server`);
  // Trust is for the server's own services: a file cannot grant it.
  return { principal: { id, tenant, trusted: false, capabilities }, keyHashes, identities };
}

/** An entry as the file has it. */
export function entryJson({ principal, keyHashes, identities = [] }: AccessEntry): Json {
  const { id, tenant, capabilities } = principal;
  const named = identities.length > 0 && { identities: [...identities] };
  return { id, tenant, capabilities: [...capabilities], keyHashes: [...keyHashes], ...named };
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
