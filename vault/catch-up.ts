/** Brings the index up to what the ledgers say: after a crash, and when it was lost or emptied. */
import { canonicalJson, type JsonObject } from "@arqon/core/base";
import { ANNOTATE_EVENT, annotationIn } from "./annotation.ts";
import { parseEntry } from "./audit.ts";
import {
  factsOf,
  type IndexAnnotation,
  type IndexEntry,
  parseSheet,
  type RecordSheet,
  type RunFacts,
} from "./index/index.ts";
import { fileOf } from "./large.ts";
import type { ObjectStore } from "./objects/index.ts";
import type { VaultParts } from "./parts.ts";

/** Marks an audit entry that took in a record of another vault. */
export const IMPORT_EVENT = "artifact.import";

/** Marks an audit entry that tells what was signed, and with it how many entries the run ledger had. */
export const USE_EVENT = "keys.use";

/** The index's mark of how many entries the run ledger is known to have had. */
export const RUNS_MARK = "runs";

/** Records added in one transaction while catching up. */
const BATCH = 200;

/** Brings the index up to the ledgers: after a crash between their commits, or when the index was lost. */
export async function catchUp(parts: VaultParts, runs: number = parts.runs.size()): Promise<void> {
  const digests: string[] = [];
  for (const i of await parts.index.missing(runs))
    digests.push(sheetDigestOf((await parts.runs.entries(i, 1))[0]));
  // What is being appended may yet be taken back.
  const size = await parts.governance.committed(() => parts.governance.size());
  const [noted, known] = [await parts.index.mark("imports"), await parts.index.mark(RUNS_MARK)];
  let had = known;
  const annotations: IndexAnnotation[] = [];
  for await (const { position, note } of placedNotes(parts, noted, size, [
    IMPORT_EVENT,
    USE_EVENT,
    ANNOTATE_EVENT,
  ])) {
    if (note["event"] === IMPORT_EVENT) digests.push(sheetDigestIn(note));
    else if (note["event"] === ANNOTATE_EVENT) annotations.push(...indexAnnotation(position, note));
    else if (typeof note["runs"] === "number") had = Math.max(had, note["runs"]);
  }
  const entries: IndexEntry[] = [];
  for (const sheetDigest of digests) {
    const sheet = await readSheet(parts.objects, sheetDigest);
    if (sheet) entries.push({ sheet, sheetDigest, facts: await factsIn(parts.objects, sheet, sheetDigest) });
  }
  entries.sort((a, b) =>
    a.sheet.addedAt < b.sheet.addedAt ? -1 : a.sheet.addedAt > b.sheet.addedAt ? 1 : 0,
  );
  for (let at = 0; at < entries.length; at += BATCH) await parts.index.add(entries.slice(at, at + BATCH));
  for (let at = 0; at < annotations.length; at += BATCH)
    await parts.index.annotate(annotations.slice(at, at + BATCH));
  if (had > known) await parts.index.setMark(RUNS_MARK, had);
  // What a longer governance ledger said is not forgotten: a shorter one was rolled back.
  if (size > noted) await parts.index.setMark("imports", size);
}

/** What the index keeps of an entry about labels; nothing of one that is no such entry. */
function indexAnnotation(position: number, note: JsonObject): IndexAnnotation[] {
  const said = annotationIn(note);
  if (!said) return [];
  const { recordId, tags: added, removed } = said;
  return [{ recordId, position, added, removed, said: canonicalJson(note) }];
}

function sheetDigestOf(entry: Uint8Array | undefined): string {
  return sheetDigestIn(entry ? parseEntry(entry) : {});
}

function sheetDigestIn({ sheet: digest }: JsonObject): string {
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
export async function* importedSheets(parts: VaultParts, from: number, to: number): AsyncIterable<string> {
  for await (const note of notes(parts, from, to, [IMPORT_EVENT])) yield sheetDigestIn(note);
}

/** What the governance log has at `from` and before `to` of these events. */
export async function* notes(
  parts: VaultParts,
  from: number,
  to: number,
  events: readonly string[],
): AsyncIterable<JsonObject> {
  for await (const { note } of placedNotes(parts, from, to, events)) yield note;
}

/** The same, with where each stands. */
export async function* placedNotes(
  { governance }: VaultParts,
  from: number,
  to: number,
  events: readonly string[],
): AsyncIterable<{ readonly position: number; readonly note: JsonObject }> {
  for (let at = from; at < to; at += 1000)
    for (const [i, bytes] of (await governance.entries(at, Math.min(1000, to - at))).entries()) {
      if (!events.some((event) => Buffer.from(bytes).includes(event))) continue;
      const note = parseEntry(bytes);
      if (events.some((event) => note["event"] === event)) yield { position: at + i, note };
    }
}
