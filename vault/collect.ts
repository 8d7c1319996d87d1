/** Garbage collection: objects that nothing refers to, and that have lain there for longer than a while. */
import { ArqonError } from "@arqon/core/base";
import { catchUp, importedSheets, readSheet } from "./catch-up.ts";
import type { VaultParts } from "./parts.ts";
import { requireWhole } from "./whole.ts";

/** What is collected. */
export interface CollectOptions {
  /** An object younger than this stays: somebody may be about to refer to it. */
  readonly graceMs: number;
  /** Without this, nothing is deleted. */
  readonly delete: boolean;
}

/** What was found, and whether it was deleted. */
export interface Collected {
  /** Objects in the store. */
  readonly objects: number;
  /** Unreferenced and old enough. */
  readonly garbage: number;
  readonly garbageBytes: number;
  /** Unreferenced, but younger than the grace period. */
  readonly young: number;
  readonly deleted: boolean;
}

/**
 * Finds, and on demand deletes, garbage. Nothing is sealed, imported or checked meanwhile, by any process.
 * @throws ArqonError `LEDGER_INVALID` when a record's sheet cannot be read: what it refers to is not known then;
 *   `LEDGER_ROLLED_BACK`.
 */
export function collectGarbage(parts: VaultParts, options: CollectOptions): Promise<Collected> {
  const { objects, index, clock, runs, audit } = parts;
  return runs.exclusive(async () => {
    await catchUp(parts);
    await requireWhole(parts);
    await requireAllKnown(parts);
    const needed = await index.objects();
    const oldest = clock.nowUs() - options.graceMs * 1000;
    const all = await objects.list("");
    let [garbage, garbageBytes, young] = [0, 0, 0];
    if (options.delete) parts.signers(); // It is noted in the governance log: without keys nothing is deleted.
    for (const digest of all) {
      if (needed.has(digest)) continue;
      const facts = await objects.stat(digest);
      if (!facts) continue;
      // An age that cannot be told is no age.
      if (!(facts.writtenUs < oldest)) {
        young++;
        continue;
      }
      garbage++;
      garbageBytes += facts.storedBytes;
      if (options.delete) await objects.delete(digest);
    }
    if (options.delete) {
      await objects.sweep(clock.nowUs());
      if (garbage > 0)
        await audit.append({ event: "objects.collect", objects: garbage, bytes: garbageBytes });
    }
    return { objects: all.length, garbage, garbageBytes, young, deleted: options.delete };
  });
}

/** Every record that a ledger speaks of is in the index, with all it refers to. */
async function requireAllKnown(parts: VaultParts): Promise<void> {
  const { index, objects, runs, governance } = parts;
  const unknown = (what: string): never => {
    throw new ArqonError(
      "LEDGER_INVALID",
      `${what} has no sheet that can be read: what it needs is not known`,
      {
        remedy: "Nothing was deleted. Restore the missing objects; `arqon doctor` names them.",
      },
    );
  };
  const [missing] = await index.missing(runs.size());
  if (missing !== undefined) unknown(`entry ${missing} of the run ledger`);
  const known = await index.objects();
  for await (const digest of importedSheets(parts, 0, governance.size())) {
    if (known.has(digest)) continue;
    // Of a record that was imported twice at once, one sheet stands in the index.
    const sheet = await readSheet(objects, digest);
    if (!sheet || !(await index.get(sheet.recordId))) unknown(`the import of sheet sha256:${digest}`);
  }
}

/**
 * Empties the index and fills it again from ledgers and objects. Returns how many records it has.
 * @throws ArqonError `LEDGER_ROLLED_BACK`: what is known of a longer ledger is not forgotten.
 */
export function rebuildIndex(parts: VaultParts): Promise<number> {
  return parts.runs.exclusive(async () => {
    await requireWhole(parts);
    await parts.index.clear();
    await catchUp(parts);
    const [missing] = await parts.index.missing(parts.runs.size());
    if (missing !== undefined)
      throw new ArqonError(
        "LEDGER_INVALID",
        `entry ${missing} of the run ledger has no sheet that can be read`,
        {
          remedy: "The index has every other record. Restore the missing object; `arqon doctor` names it.",
        },
      );
    return (await parts.index.list(Number.MAX_SAFE_INTEGER)).length;
  });
}
