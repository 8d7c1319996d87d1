/** The embedded engine: segment files and a key journal on one disk, owned by one process. */
import { type Clock, type Entropy, fromUtf8, type Timer, utf8 } from "@arqon/core/base";
import type { Digest } from "./batch.ts";
import { boxLog, keptSeams } from "./box-log.ts";
import { Boxes } from "./boxes.ts";
import { checkReality, closedError } from "./check.ts";
import type { Disk } from "./disk.ts";
import type { Engine, EngineObserver, RealityLog } from "./engine.ts";
import type { FileKeys } from "./file-keys.ts";
import { KeyJournal } from "./key-journal.ts";
import { recoverSegments } from "./recover.ts";
import { SegmentFile } from "./segment-file.ts";
import { newSalt, segmentName } from "./segment-header.ts";
import { type SegmentLimits, SegmentLog, type SegmentLogParts } from "./segment-log.ts";

/** What a segment engine stands on. */
export interface SegmentEngineOptions extends Partial<SegmentLimits> {
  readonly disk: Disk;
  readonly timer: Timer;
  readonly entropy: Entropy;
  /** Only the observer needs it: every time stored is the caller's. */
  readonly clock?: Clock;
  readonly observer?: EngineObserver;
  /** SHA-256 for the chain; by default on this thread. {@link threadDigest} leaves the thread free for messages. */
  readonly digest?: Digest;
  /**
   * Keys of files: everything is encrypted from now on, and what lies there in plain text is written anew when it is
   * opened. Left out: nothing is, and what is encrypted is refused with `KEY_UNKNOWN`.
   */
  readonly fileKeys?: FileKeys | undefined;
  /** What lies under an older key is written anew under the newest when it is opened, so that the older can be destroyed. */
  readonly renewBoxes?: boolean;
}

const LIMITS: SegmentLimits = {
  segmentBytes: 64 * 1024 * 1024,
  maxBatchBytes: 2 * 1024 * 1024,
  maxPendingBytes: 64 * 1024 * 1024,
  syncWithinMs: 50,
  unsyncedBytes: 256 * 1024 * 1024,
};

/**
 * Opens the engine on a disk: `keys/` holds the keys, `log/<reality>/` the segments, `log/lock` keeps others out.
 *
 * @throws ArqonError `LOG_LOCKED` when another process owns it, `LOG_CORRUPT` when its keys are damaged.
 */
export async function openSegmentEngine(options: SegmentEngineOptions): Promise<Engine> {
  const { disk, timer, entropy, clock, observer, digest, fileKeys, renewBoxes = false, ...limits } = options;
  const unlock = await disk.lock("log/lock");
  try {
    const boxes = new Boxes(fileKeys, entropy);
    const keys = await KeyJournal.open(disk, entropy, boxes);
    return new SegmentEngine(
      { disk, timer, entropy, boxes, clock, observer, digest, limits: { ...LIMITS, ...limits } },
      keys,
      renewBoxes,
      unlock,
    );
  } catch (error) {
    await unlock();
    throw error;
  }
}

type EngineParts = Omit<SegmentLogParts, "directory" | "reality" | "owner" | "raiseFloor" | "isCurrent">;

class SegmentEngine implements Engine {
  readonly keys: KeyJournal;
  readonly #parts: EngineParts;
  readonly #renew: boolean;
  readonly #unlock: () => Promise<void>;
  readonly #logs = new Map<string, SegmentLog>();
  #opening: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(parts: EngineParts, keys: KeyJournal, renew: boolean, unlock: () => Promise<void>) {
    this.#parts = parts;
    this.keys = keys;
    this.#renew = renew;
    this.#unlock = unlock;
  }

  async openLog(reality: string): Promise<RealityLog> {
    checkReality(reality);
    const opened = this.#opening.then(() => this.#openLog(reality));
    this.#opening = opened.catch(() => undefined);
    return opened;
  }

  async #openLog(reality: string): Promise<RealityLog> {
    if (this.#closing) throw closedError("the engine");
    await this.#logs.get(reality)?.fence();
    this.#logs.delete(reality);
    const directory = logDirectory(reality);
    await this.#parts.disk.makeDirectory(directory);
    const floorKey = `log.floor.${reality}`;
    const floor = Number(fromUtf8((await this.keys.get(floorKey))?.value ?? utf8("1")));
    const { boxes, disk } = this.#parts;
    boxes.last = undefined;
    const seams = await keptSeams(this.keys, reality);
    const recovered = await recoverSegments(disk, directory, reality, { boxes, floor, seams });
    if (boxes.seal) {
      const turned = { ...this.#parts, keys: this.keys, directory, reality, renew: this.#renew };
      await boxLog(turned, recovered.segments);
    }
    const owner = await this.#takeOwnership(reality, recovered.owner);
    if (recovered.segments.length === 0) {
      const header = {
        name: reality,
        epoch: this.#parts.entropy(16),
        baseSequence: 1,
        previousChain: new Uint8Array(32),
        owner,
        salt: newSalt(this.#parts.entropy),
      };
      const path = `${directory}/${segmentName(1)}`;
      const first = await SegmentFile.create(disk, boxes, path, header, 0);
      await first.sync(); // the epoch is told to clients
      recovered.segments.push(first);
    }
    const raiseFloor = async (sequence: number): Promise<void> => {
      const revision = (await this.keys.get(floorKey))?.revision ?? 0;
      await this.keys.compareAndSet(floorKey, revision, utf8(String(sequence)));
    };
    const newest = recovered.segments.at(-1) as SegmentFile;
    const isCurrent = await boxes.isCurrent(newest.header);
    const log = new SegmentLog(
      { ...this.#parts, directory, reality, owner, raiseFloor, isCurrent },
      recovered,
    );
    this.#logs.set(reality, log);
    return log;
  }

  /** Writes a higher owner number than any before; who wrote the last one owns the log. */
  async #takeOwnership(reality: string, lastOwner: number): Promise<number> {
    const key = `log.owner.${reality}`;
    const entry = await this.keys.get(key);
    const known = entry ? Number(fromUtf8(entry.value)) : 0;
    const owner = Math.max(known, lastOwner) + 1;
    await this.keys.compareAndSet(key, entry?.revision ?? 0, utf8(String(owner)));
    return owner;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#opening;
    const ends = await Promise.allSettled([...this.#logs.values()].map((log) => log.close()));
    const last = await Promise.allSettled([this.keys.close()]);
    await this.#unlock();
    for (const end of [...ends, ...last]) if (end.status === "rejected") throw end.reason;
  }
}

/** Where the log of a Reality is on its disk: upper-case letters are marked, for file systems that do not tell them apart. */
export function logDirectory(reality: string): string {
  const name = reality.replace(/[A-Z]/g, (letter) => `+${letter.toLowerCase()}`);
  return `log/${name}`;
}
