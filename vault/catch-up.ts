/** Brings the index up to what the ledgers say: after a crash, and when it was lost or emptied. */
import { parseEntry } from "./audit.ts";
import { factsOf, type IndexEntry, parseSheet, type RecordSheet, type RunFacts } from "./index/index.ts";
import { fileOf } from "./large.ts";
import type { ObjectStore } from "./objects/index.ts";
import type { VaultParts } from "./parts.ts";

/** Marks an audit entry that took in a record of another vault. */
export const IMPORT_EVENT = "artifact.import";

/** Records added in one transaction while catching up. */
const BATCH = 200;

/** Brings the index up to the ledgers: after a crash between their commits, or when the index was lost. */
export async function catchUp(parts: VaultParts, runs: number = parts.runs.size()): Promise<void> {
  const digests: string[] = [];
  for (const i of await parts.index.missing(runs))
    digests.push(sheetDigestOf((await parts.runs.entries(i, 1))[0]));
  const size = parts.governance.size();
  for await (const digest of importedSheets(parts, await parts.index.mark("imports"), size))
    digests.push(digest);
  const entries: IndexEntry[] = [];
  for (const sheetDigest of digests) {
    const sheet = await readSheet(parts.objects, sheetDigest);
    if (sheet) entries.push({ sheet, sheetDigest, facts: await factsIn(parts.objects, sheet, sheetDigest) });
  }
  entries.sort((a, b) =>
    a.sheet.addedAt < b.sheet.addedAt ? -1 : a.sheet.addedAt > b.sheet.addedAt ? 1 : 0,
  );
  for (let at = 0; at < entries.length; at += BATCH) await parts.index.add(entries.slice(at, at + BATCH));
  await parts.index.setMark("imports", size);
}

function sheetDigestOf(entry: Uint8Array | undefined): string {
  const digest = entry && parseEntry(entry)["sheet"];
  return typeof digest === "string" && /^[0-9a-f]{64}$/.test(digest) ? digest : "0".repeat(64);
}

/** A sheet that can be read; damaged ones are for the check to report. */
export async function readSheet(objects: ObjectStore, digest: string): Promise<RecordSheet | undefined> {
  try {
    const bytes = await objects.get(digest);
    return bytes && parseSheet(bytes, `object ${digest}`);
  } catch {
    return undefined;
  }
}

function factsIn(objects: ObjectStore, sheet: RecordSheet, digest: string): Promise<RunFacts> {
  return factsOf(sheet, digest, (path) => fileOf(objects, sheet, path));
}

/** Digests of the sheets of records that came by import, from what the governance log has at `from` and before `to`. */
export async function* importedSheets(
  { governance }: VaultParts,
  from: number,
  to: number,
): AsyncIterable<string> {
  for (let at = from; at < to; at += 1000)
    for (const bytes of await governance.entries(at, Math.min(1000, to - at)))
      if (Buffer.from(bytes).includes(IMPORT_EVENT) && parseEntry(bytes)["event"] === IMPORT_EVENT)
        yield sheetDigestOf(bytes);
}
