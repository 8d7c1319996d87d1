/** Encrypts a log that lies there in plain text: segment by segment, the oldest first, at any moment whole. */
import { canonicalJson, type Entropy, fromHex, fromUtf8, parseJson, toHex, utf8 } from "@arqon/core/base";
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
}

/**
 * Puts a boxed segment in the place of every plain one of a recovered log, and into `segments`.
 *
 * A boxed segment ends with another chain hash than the plain one it replaces. Until the next is replaced too, that one
 * still continues the plain hash: the keys of the engine remember it as a seam, durably, before the file gets its name. So
 * a log that was left half done is recovered like any other, and the next open goes on with it.
 * @cost  memory of one batch, disk space of one segment. What the disk itself keeps of deleted blocks is not wiped.
 */
export async function boxLog(parts: BoxLogParts, segments: SegmentFile[]): Promise<void> {
  const { disk, keys, directory, reality, observer } = parts;
  const first = await firstToBox(parts.boxes, segments);
  if (first < 0) return;
  try {
    for (const name of await disk.list(directory))
      if (name.endsWith(TEMPORARY)) await disk.remove(`${directory}/${name}`);
    for (let i = first; i < segments.length; i++) {
      const plain = segments[i] as SegmentFile;
      const boxed = await boxedCopy(parts, plain, segments[i - 1]);
      const { baseSequence } = plain.header;
      // Until the plain segment gives up its name the seam before it is needed too.
      const seams = (await keptSeams(keys, reality)).filter((seam) => seam.baseSequence < baseSequence);
      await keepSeams(keys, reality, [...seams.slice(-1), { baseSequence, chain: plain.chain }]);
      await disk.rename(boxed.path, plain.path);
      await disk.syncDirectory(directory);
      boxed.path = plain.path;
      await plain.retire();
      if (i < segments.length - 1) await boxed.retire();
      segments[i] = boxed;
      observer?.encrypted?.(reality, i + 1, segments.length);
    }
    await keepSeams(keys, reality, []);
  } catch (error) {
    throw diskError(`the log of Reality "${reality}" could not be encrypted`, error);
  }
}

/** The first plain one, or one that has no record yet and would be written to under an older key; -1 for none. */
async function firstToBox(boxes: Boxes, segments: readonly SegmentFile[]): Promise<number> {
  const plain = segments.findIndex(({ header }) => header.wrappedKey === undefined);
  const newest = segments.at(-1);
  if (plain >= 0 || newest?.records !== 0 || (await boxes.isCurrent(newest.header))) return plain;
  return segments.length - 1;
}

/** The records of a plain segment in boxes, whole and durable under another name. */
async function boxedCopy(
  { disk, boxes, entropy, digest }: BoxLogParts,
  plain: SegmentFile,
  before: SegmentFile | undefined,
): Promise<SegmentFile> {
  const previousChain = before?.chain ?? plain.header.previousChain;
  const label = { ...plain.header, previousChain, salt: newSalt(entropy) };
  const path = plain.path + TEMPORARY;
  const boxed = await SegmentFile.create(disk, boxes, path, label, before?.index.latestTime ?? 0);
  const { owner } = plain.header;
  const batch = new BatchBuilder(2 * BOX_RECORD_BYTES);
  const range = { toSequence: plain.lastSequence, maxRecords: 4096, maxBytes: BOX_RECORD_BYTES };
  for (let sequence = plain.firstSequence; sequence > 0 && sequence <= plain.lastSequence; ) {
    const records = await readRecords([plain], { ...range, fromSequence: sequence });
    if (records.length === 0) break;
    for (const record of records) batch.add("message", record);
    await boxed.write(batch, owner, digest);
    sequence = batch.lastSequence + 1;
    batch.clear();
  }
  if (boxed.records !== plain.records)
    throw corruptError(plain.path, 0, `${boxed.records} of its ${plain.records} records were read`);
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
