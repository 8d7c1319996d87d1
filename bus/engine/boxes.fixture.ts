/** Logs on a simulated disk, plain and encrypted, for the tests of boxes. */
import { ManualTime, systemEntropy, toHex, utf8 } from "@arqon/core/base";
import { record } from "./describe-engine.ts";
import type { Engine, LogRecord, ReadRange } from "./engine.ts";
import { type FileKeys, wrappingKeys } from "./file-keys.ts";
import { openSegmentEngine, type SegmentEngineOptions } from "./segment-engine.ts";
import { decodeSegmentHeader } from "./segment-header.ts";
import { SimulatedDisk } from "./simulated-disk.ts";

/** Everything of a log. */
export const ALL: ReadRange = { fromSequence: 1, toSequence: 2 ** 53 - 1, maxRecords: 1e6, maxBytes: 1e9 };
export const KEYS: FileKeys = wrappingKeys(new Uint8Array(32).fill(1), systemEntropy);
export const SECRET = "a sentence that nobody else may read";
export const RECORDS: readonly LogRecord[] = Array.from({ length: 24 }, (_, i) => ({
  ...record(i + 1),
  bytes: utf8(`${i} ${SECRET} ${"x".repeat(150)}`),
}));

/** An engine on `disk`, with segments of a few records. */
export function open(disk: SimulatedDisk, more: Partial<SegmentEngineOptions> = {}): Promise<Engine> {
  const parts = { timer: new ManualTime(), entropy: systemEntropy, segmentBytes: 1500 };
  return openSegmentEngine({ disk: disk.mount(), ...parts, ...more });
}

/** Writes {@link RECORDS}, one append each. */
export async function written(more: Partial<SegmentEngineOptions> = {}): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk(5);
  const engine = await open(disk, more);
  await engine.keys.compareAndSet("reality.lab", 0, utf8(SECRET));
  const log = await engine.openLog("lab");
  for (const each of RECORDS) await log.append([each], "synced");
  await engine.close();
  return disk;
}

/** Paths of every segment and key file. */
export async function filesOf(disk: SimulatedDisk): Promise<string[]> {
  const names = await Promise.all(
    ["log/lab", "keys"].map(async (place) =>
      (await disk.mount().list(place)).map((name) => `${place}/${name}`),
    ),
  );
  return names.flat();
}

/** Of those, the ones in which {@link SECRET} can be read. */
export async function leaksOf(disk: SimulatedDisk): Promise<string[]> {
  const paths = await filesOf(disk);
  return paths.filter((path) => Buffer.from(disk.bytesOf(path)).includes(SECRET));
}

/** What the log holds, opened with {@link KEYS}. */
export async function read(disk: SimulatedDisk): Promise<LogRecord[]> {
  const engine = await open(disk, { fileKeys: KEYS });
  const found = await (await engine.openLog("lab")).read(ALL);
  await engine.close();
  return found;
}

/** Keys of two wrapping keys, of which the second is the newest once `rotated` is set. */
export function rotating(): FileKeys & { rotated: boolean; readonly second: FileKeys } {
  const second = wrappingKeys(new Uint8Array(32).fill(2), systemEntropy);
  const seconds = new Set<string>();
  return {
    rotated: false,
    second,
    async create(context) {
      const made = await (this.rotated ? second : KEYS).create(context);
      if (this.rotated) seconds.add(toHex(made.wrapped));
      return made;
    },
    open: (wrapped, context) => (seconds.has(toHex(wrapped)) ? second : KEYS).open(wrapped, context),
    async isNewest(wrapped) {
      return seconds.has(toHex(wrapped)) === this.rotated;
    },
  };
}

/** Lets so many microtasks pass. */
export async function ticks(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await null;
}

/** How many segments of the log are under the older key. */
export async function oldsOf(disk: SimulatedDisk, fileKeys: FileKeys): Promise<number> {
  const paths = (await filesOf(disk)).filter((path) => path.startsWith("log/lab/") && path.endsWith(".seg"));
  const wrapped = paths.map(
    (path) => decodeSegmentHeader(disk.bytesOf(path))?.wrappedKey ?? new Uint8Array(),
  );
  const newest = await Promise.all(wrapped.map((each) => fileKeys.isNewest(each)));
  return newest.filter((is) => !is).length;
}
