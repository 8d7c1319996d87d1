/** The keys of the segment engine: a journal of writes in the segment format, rewritten when most of it is stale. */
import { ArqonError, type Entropy, fromUtf8, utf8 } from "@arqon/core/base";
import { BatchBuilder } from "./batch.ts";
import type { Boxes } from "./boxes.ts";
import { closedError, diskError, mismatchError } from "./check.ts";
import type { Disk } from "./disk.ts";
import type { KeyEntry, KeyValue } from "./engine.ts";
import { getU32, putU32, RECORD_HEADER_BYTES, recordBytes } from "./record.ts";
import { recoverSegments } from "./recover.ts";
import { SegmentFile, UncutError } from "./segment-file.ts";
import { isSegmentName, newSalt, segmentName } from "./segment-header.ts";
import { walkSegment } from "./segment-reader.ts";
import { Watchers } from "./watchers.ts";

const DIRECTORY = "keys";
const MAX_KEY_BYTES = 1024;
const MAX_VALUE_BYTES = 16 * 1024 * 1024;
/** A journal shorter than this is never rewritten. */
const KEEP_BYTES = 1024 * 1024;
const SNAPSHOT_BATCH_BYTES = 4 * 1024 * 1024;

interface Write {
  readonly key: string;
  readonly expected: number;
  readonly value: Uint8Array;
  readonly resolve: (revision: number) => void;
  readonly reject: (reason: unknown) => void;
}

/** Keys in memory, each write durable in the journal before it counts. Writes that come together share one sync. */
export class KeyJournal implements KeyValue {
  readonly #disk: Disk;
  readonly #entropy: Entropy;
  readonly #boxes: Boxes;
  readonly #entries: Map<string, KeyEntry>;
  readonly #watchers = new Watchers();
  #file: SegmentFile;
  #sequence: number;
  #liveBytes = 0;
  #queue: Write[] = [];
  #running: Promise<void> | undefined;
  #ended: ArqonError | undefined;

  private constructor(
    disk: Disk,
    entropy: Entropy,
    boxes: Boxes,
    file: SegmentFile,
    sequence: number,
    entries: Map<string, KeyEntry>,
  ) {
    this.#disk = disk;
    this.#entropy = entropy;
    this.#boxes = boxes;
    this.#file = file;
    this.#sequence = sequence;
    this.#entries = entries;
    for (const [key, entry] of entries) this.#liveBytes += entryBytes(key, entry);
  }

  /**
   * Opens the keys of a disk, or begins them. Ones that are plain, or under an older key, are written anew where files are boxed.
   * @throws ArqonError `LOG_CORRUPT` naming file and offset.
   */
  static async open(disk: Disk, entropy: Entropy, boxes: Boxes): Promise<KeyJournal> {
    await disk.makeDirectory(DIRECTORY);
    const names = await disk.list(DIRECTORY);
    const newest = names.filter(isSegmentName).at(-1);
    for (const name of names) if (name !== newest) await disk.remove(`${DIRECTORY}/${name}`);
    const floor = newest === undefined ? 1 : Number.parseInt(newest, 10);
    const recovered = await recoverSegments(disk, DIRECTORY, "", { boxes, floor });
    const entries = new Map<string, KeyEntry>();
    const [found] = recovered.segments;
    if (found)
      await walkSegment(found, found.startBytes, found.endBytes, (bytes, at, end) => {
        const [key, entry] = decodeEntry(recordBytes(bytes, at, end));
        entries.set(key, entry);
        return true;
      });
    const file = found ?? (await begin(disk, entropy, boxes, 1, new Map()));
    const journal = new KeyJournal(disk, entropy, boxes, file, recovered.lastSequence, entries);
    if (boxes.seal && !(await boxes.isCurrent(file.header)))
      await journal.#replace().catch((error) => {
        throw diskError("the keys could not be encrypted", error);
      });
    return journal;
  }

  async get(key: string): Promise<KeyEntry | undefined> {
    const entry = this.#entries.get(key);
    return entry && { value: entry.value.slice(), revision: entry.revision };
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  watch(prefix: string, call: (key: string, entry: KeyEntry) => void): () => void {
    return this.#watchers.add(prefix, call);
  }

  async compareAndSet(key: string, expected: number, value: Uint8Array): Promise<number> {
    const keyBytes = utf8(key).length;
    if (keyBytes > MAX_KEY_BYTES || value.length > MAX_VALUE_BYTES)
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `a key of ${keyBytes} and a value of ${value.length} bytes; at most ${MAX_KEY_BYTES} and ${MAX_VALUE_BYTES}`,
      );
    if (this.#ended) throw this.#ended;
    const copy = value.slice();
    return new Promise((resolve, reject) => {
      this.#queue.push({ key, expected, value: copy, resolve, reject });
      this.#start();
    });
  }

  #start(): void {
    this.#running ??= this.#writeLoop().finally(() => {
      this.#running = undefined;
      if (this.#queue.length > 0) this.#start();
    });
  }

  /** Decides and writes what waits, a group at a time. */
  async #writeLoop(): Promise<void> {
    while (this.#queue.length > 0 && !this.#ended) {
      const group = this.#queue.splice(0);
      try {
        await this.#writeGroup(group);
      } catch (error) {
        const reason = diskError("the keys could not be written", error);
        if (error instanceof UncutError || this.#file.durableBytes < this.#file.endBytes) this.#end(reason);
        for (const { reject } of group) reject(reason);
      }
    }
  }

  async #writeGroup(group: readonly Write[]): Promise<void> {
    const batch = new BatchBuilder(4096);
    const changed = new Map<string, KeyEntry>();
    const answers: (() => void)[] = [];
    for (const { key, expected, value, resolve, reject } of group) {
      const found = (changed.get(key) ?? this.#entries.get(key))?.revision ?? 0;
      if (found !== expected) {
        answers.push(() => reject(mismatchError(key, expected, found)));
        continue;
      }
      const entry = { value, revision: expected + 1 };
      changed.set(key, entry);
      batch.add("key", { sequence: ++this.#sequence, timestampUnixUs: 0, bytes: encodeEntry(key, entry) });
      answers.push(() => {
        this.#watchers.notify(key, entry);
        resolve(entry.revision);
      });
    }
    if (batch.records > 0) {
      await this.#file.write(batch, 0);
      await this.#file.sync();
      for (const [key, entry] of changed) {
        const before = this.#entries.get(key);
        this.#liveBytes += entryBytes(key, entry) - (before ? entryBytes(key, before) : 0);
        this.#entries.set(key, entry);
      }
    }
    for (const answer of answers) answer();
    if (this.#file.endBytes > KEEP_BYTES && this.#file.endBytes > 4 * this.#liveBytes) await this.#rewrite();
  }

  /** Replaces the journal by one that holds only the newest entries; when that fails, the old one goes on. */
  async #rewrite(): Promise<void> {
    try {
      await this.#replace();
    } catch (error) {
      if (error instanceof UncutError) this.#end(diskError("the keys could not be rewritten", error));
    }
  }

  async #replace(): Promise<void> {
    const old = this.#file;
    // One without a record has no sequence yet, and the next must not have its name.
    const base = Math.max(this.#sequence, old.header.baseSequence) + 1;
    this.#file = await begin(this.#disk, this.#entropy, this.#boxes, base, this.#entries);
    this.#sequence = base - 1 + this.#entries.size;
    await old.retire();
    await this.#disk.remove(old.path).catch(() => undefined); // the next open removes it
  }

  #end(reason: ArqonError): void {
    this.#ended ??= reason;
    for (const { reject } of this.#queue.splice(0)) reject(this.#ended);
  }

  /** Writes what waits and closes the file. */
  async close(): Promise<void> {
    while (this.#running) await this.#running;
    if (!this.#ended && !this.#file.isSealed && this.#file.firstSequence > 0) {
      await this.#file.write(new BatchBuilder(256), 0);
      await this.#file.sync();
    }
    this.#end(closedError("the key store"));
    await this.#file.retire();
  }
}

/** Makes a journal that starts with `entries`. It has its name only once it is whole and durable. */
async function begin(
  disk: Disk,
  entropy: Entropy,
  boxes: Boxes,
  baseSequence: number,
  entries: ReadonlyMap<string, KeyEntry>,
): Promise<SegmentFile> {
  const path = `${DIRECTORY}/${segmentName(baseSequence)}`;
  const zeros = { epoch: new Uint8Array(16), previousChain: new Uint8Array(32) };
  const header = { name: "", ...zeros, baseSequence, owner: 0, salt: newSalt(entropy) };
  const temporary = `${path}.tmp`;
  if ((await disk.list(DIRECTORY)).includes(`${segmentName(baseSequence)}.tmp`)) await disk.remove(temporary);
  const file = await SegmentFile.create(disk, boxes, temporary, header, 0);
  let sequence = baseSequence;
  let batch = new BatchBuilder();
  for (const [key, entry] of entries) {
    batch.add("key", { sequence: sequence++, timestampUnixUs: 0, bytes: encodeEntry(key, entry) });
    if (batch.length < SNAPSHOT_BATCH_BYTES) continue;
    await file.write(batch, 0);
    batch = new BatchBuilder();
  }
  if (batch.records > 0) await file.write(batch, 0);
  await file.sync();
  await disk.rename(temporary, path);
  file.path = path;
  try {
    await disk.syncDirectory(DIRECTORY);
  } catch (error) {
    throw new UncutError(path, { cause: error });
  }
  return file;
}

function entryBytes(key: string, { value }: KeyEntry): number {
  return RECORD_HEADER_BYTES + 8 + key.length + value.length;
}

/** u32 revision | u32 bytes of the key | key | value */
function encodeEntry(key: string, { value, revision }: KeyEntry): Uint8Array {
  const name = utf8(key);
  const out = new Uint8Array(8 + name.length + value.length);
  putU32(out, 0, revision);
  putU32(out, 4, name.length);
  out.set(name, 8);
  out.set(value, 8 + name.length);
  return out;
}

function decodeEntry(bytes: Uint8Array): [string, KeyEntry] {
  const valueAt = 8 + getU32(bytes, 4);
  const key = fromUtf8(bytes.subarray(8, valueAt));
  return [key, { revision: getU32(bytes, 0), value: bytes.slice(valueAt) }];
}
