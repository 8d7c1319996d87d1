/** Encrypts a log that lies there in plain text, or under an older key: segment by segment, the oldest first, at any moment whole. */
import {
  canonicalJson,
  type Entropy,
  equalBytes,
  fromHex,
  fromUtf8,
  parseJson,
  toHex,
  utf8,
} from "@arqon/core/base";
import { BatchBuilder, type Digest } from "./batch.ts";
import type { Boxes } from "./boxes.ts";
import { corruptError, diskError } from "./check.ts";
import type { Disk } from "./disk.ts";
import type { EngineObserver, KeyValue } from "./engine.ts";
import type { Seam } from "./recover.ts";
import { SegmentFile } from "./segment-file.ts";
import { newSalt } from "./segment-header.ts";
import { readRecords } from "./segment-search.ts";

/** Records go into boxes of about this size. */
const BOX_RECORD_BYTES = 256 * 1024;
const TEMPORARY = ".tmp";

/** What {@link boxLog} stands on. */
export interface BoxLogParts {
  readonly disk: Disk;
  readonly boxes: Boxes;
  readonly entropy: Entropy;
  readonly digest: Digest | undefined;
  readonly keys: KeyValue;
  readonly observer: EngineObserver | undefined;
  readonly directory: string;
  readonly reality: string;
  /** Segments under an older key are replaced too. */
  readonly renew: boolean;
}

/**
 * Puts a boxed segment under the newest key in the place of every plain one of a recovered log, of those under an older
 * key on demand, and of all behind the first such; and into `segments`.
 *
 * The new segment ends with another chain hash than the one it replaces. Until the next is replaced too, that one still
 * continues the old hash: the keys of the engine remember it as a seam, durably, before the file gets its name. So
 * a log that was left half done is recovered like any other, and the next open goes on with it.
 * @cost  memory of one batch, disk space of one segment. What the disk itself keeps of deleted blocks is not wiped.
 */
export async function boxLog(parts: BoxLogParts, segments: SegmentFile[]): Promise<void> {
  const { disk, boxes, keys, directory, reality, observer } = parts;
  const first = await firstToBox(parts, segments);
  if (first < 0) return;
  try {
    for (const name of await disk.list(directory))
      if (name.endsWith(TEMPORARY)) await disk.remove(`${directory}/${name}`);
    for (let i = first; i < segments.length; i++) {
      const old = segments[i] as SegmentFile;
      const boxed = await boxedCopy(parts, old, segments[i - 1]);
      const { baseSequence } = old.header;
      // Until the old segment gives up its name the seam before it is needed too.
      const seams = (await keptSeams(keys, reality)).filter((seam) => seam.baseSequence < baseSequence);
      await keepSeams(keys, reality, [...seams.slice(-1), { baseSequence, chain: old.chain }]);
      await disk.rename(boxed.path, old.path);
      await disk.syncDirectory(directory);
      boxed.path = old.path;
      boxes.last = undefined; // its place is another's now
      await old.retire();
      if (i < segments.length - 1) await boxed.retire();
      segments[i] = boxed;
      observer?.encrypted?.(reality, i + 1, segments.length);
    }
    await keepSeams(keys, reality, []);
  } catch (error) {
    throw diskError(`the log of Reality "${reality}" could not be encrypted`, error);
  }
}

/**
 * The first that is replaced: plain, behind one whose replacing was cut short, without a record yet and about to be
 * written to under an older key, or with `renew` under an older key at all; -1 for none.
 */
async function firstToBox({ boxes, renew }: BoxLogParts, segments: readonly SegmentFile[]): Promise<number> {
  for (const [i, { header, records }] of segments.entries()) {
    const before = segments[i - 1];
    const isParted = before !== undefined && !equalBytes(before.chain, header.previousChain);
    if (header.wrappedKey === undefined || isParted) return i;
    const isUnused = i === segments.length - 1 && records === 0;
    if ((renew || isUnused) && !(await boxes.isCurrent(header))) return i;
  }
  return -1;
}

/** The records of a segment in boxes under the newest key, whole and durable under another name. */
async function boxedCopy(
  { disk, boxes, entropy, digest }: BoxLogParts,
  old: SegmentFile,
  before: SegmentFile | undefined,
): Promise<SegmentFile> {
  const previousChain = before?.chain ?? old.header.previousChain;
  const label = { ...old.header, previousChain, salt: newSalt(entropy) };
  const path = old.path + TEMPORARY;
  const boxed = await SegmentFile.create(disk, boxes, path, label, before?.index.latestTime ?? 0);
  const { owner } = old.header;
  const batch = new BatchBuilder(2 * BOX_RECORD_BYTES);
  const range = { toSequence: old.lastSequence, maxRecords: 4096, maxBytes: BOX_RECORD_BYTES };
  for (let sequence = old.firstSequence; sequence > 0 && sequence <= old.lastSequence; ) {
    const records = await readRecords([old], { ...range, fromSequence: sequence });
    if (records.length === 0) break;
    for (const record of records) batch.add("message", record);
    await boxed.write(batch, owner, digest);
    sequence = batch.lastSequence + 1;
    batch.clear();
  }
  if (boxed.records !== old.records)
    throw corruptError(old.path, 0, `${boxed.records} of its ${old.records} records were read`);
  // The empty batch behind a sync vouches for all before it: damage there is never taken for a torn tail.
  await boxed.sync();
  await boxed.write(batch, owner);
  await boxed.sync();
  return boxed;
}

const seamKey = (reality: string): string => `log.seams.${reality}`;

/** What {@link boxLog} left half done. */
export async function keptSeams(keys: KeyValue, reality: string): Promise<Seam[]> {
  const kept = await keys.get(seamKey(reality));
  if (!kept) return [];
  const list = parseJson(fromUtf8(kept.value), seamKey(reality)) as { base: number; chain: string }[];
  return list.map(({ base, chain }) => ({ baseSequence: base, chain: fromHex(chain) }));
}

async function keepSeams(keys: KeyValue, reality: string, seams: readonly Seam[]): Promise<void> {
  const list = seams.map(({ baseSequence, chain }) => ({ base: baseSequence, chain: toHex(chain) }));
  const revision = (await keys.get(seamKey(reality)))?.revision ?? 0;
  await keys.compareAndSet(seamKey(reality), revision, utf8(canonicalJson(list)));
}
