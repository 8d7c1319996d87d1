/** An index that is written behind: records that the ledger has are found at once, and written many together. */
import { oneAtATime } from "../sqlite/index.ts";
import { isSeenBy } from "./facts.ts";
import { filesBeside } from "./record.ts";
import type { IndexEntry, RunIndex } from "./run-index.ts";

/** Most records that are not written yet. */
const MOST_WAITING = 256;

/** Whatever it is asked, it answers as if all were written. */
export interface IndexBehind extends RunIndex {
  /**
   * Adds records that the run ledger has, in its order. Until they are written other processes do not see them, and a
   * crash loses them: `catchUp` finds them in the ledger.
   */
  addLater(entries: readonly IndexEntry[]): Promise<void>;
  /** Writes what waits. What cannot be written still waits. */
  settle(): Promise<void>;
}

/** Puts `index` behind; it closes with it. */
export function indexBehind(index: RunIndex): IndexBehind {
  let waiting: readonly IndexEntry[] = [];
  const queue = oneAtATime();

  const settle = (): Promise<void> =>
    queue(async () => {
      const entries = waiting;
      if (entries.length === 0) return;
      await index.add(entries);
      waiting = waiting.slice(entries.length);
    });
  const settled = async <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting.length > 0) await settle();
    return work();
  };

  return {
    async addLater(entries) {
      waiting = [...waiting, ...entries.map(withoutFiles)];
      if (waiting.length >= MOST_WAITING) await settle();
    },
    settle,
    async positions(recordIds) {
      const mine = waiting;
      const found = await index.positions(recordIds);
      const wanted = new Set(recordIds);
      for (const { sheet } of mine)
        if (wanted.has(sheet.recordId) && !found.has(sheet.recordId))
          found.set(sheet.recordId, sheet.ledgerIndex);
      return found;
    },
    async lastLedgerIndex() {
      const mine = waiting.at(-1)?.sheet.ledgerIndex ?? -1;
      return Math.max(mine, await index.lastLedgerIndex());
    },
    // In the queue, so that none is written between the two questions.
    reproducedAll: (artifactIds, tenant) =>
      queue(async () => {
        const counts = await index.reproducedAll(artifactIds, tenant);
        const wanted = new Set(artifactIds);
        const mine = waiting.filter(
          ({ sheet, facts }) => wanted.has(sheet.artifactId) && isSeenBy(facts.tenant, tenant),
        );
        if (mine.length === 0) return counts;
        // Another process may have caught up with them.
        const written = await index.positions(mine.map(({ sheet }) => sheet.recordId));
        for (const { sheet } of mine)
          if (!written.has(sheet.recordId))
            counts.set(sheet.artifactId, (counts.get(sheet.artifactId) ?? 0) + 1);
        return counts;
      }),
    add: (entries) => settled(() => index.add(entries)),
    get: (recordId) => settled(() => index.get(recordId)),
    list: (...which) => settled(() => index.list(...which)),
    tags: (recordIds) => settled(() => index.tags(recordIds)),
    annotate: (annotations) => settled(() => index.annotate(annotations)),
    annotations: (recordId) => settled(() => index.annotations(recordId)),
    latest: (...which) => settled(() => index.latest(...which)),
    find: (...which) => settled(() => index.find(...which)),
    sheetDigest: (recordId) => settled(() => index.sheetDigest(recordId)),
    reproduced: (...which) => settled(() => index.reproduced(...which)),
    lineage: (artifactId) => settled(() => index.lineage(artifactId)),
    missing: (size) => settled(() => index.missing(size)),
    objects: () => settled(() => index.objects()),
    mark: (name) => settled(() => index.mark(name)),
    setMark: (name, value) => settled(() => index.setMark(name, value)),
    claim: (owner) => index.claim(owner),
    clear: () => settled(() => index.clear()),
    dump: () => settled(() => index.dump()),
    async close() {
      try {
        await settle();
      } finally {
        await index.close();
      }
    },
  };
}

/** What the index keeps of an entry, which may wait for a while. */
function withoutFiles({ sheet, ...entry }: IndexEntry): IndexEntry {
  return { ...entry, sheet: { ...sheet, files: filesBeside(sheet), within: new Map() } };
}
