/** A disk in memory whose misfortunes follow from a seed: torn and short writes, full media, failed and lying syncs. */
import { ArqonError, createRandom, type Random } from "@arqon/core/base";
import type { Disk, DiskFile, OpenMode } from "./disk.ts";
import type { CrashModel } from "./fault-engine.ts";
import { SimulatedFile } from "./simulated-file.ts";

/** How a simulated disk misbehaves. Honest disks may do the first group; a log cannot stand the second. */
export interface DiskFaults {
  /** Chance that a write takes only some of the bytes. */
  readonly shortWrite?: number;
  /** Bytes all files may hold together; more fails with `ENOSPC`. */
  readonly capacityBytes?: number;
  /** Chance that a sync fails with `EIO`, after which what it should have written never will be. */
  readonly syncError?: number;
  /** Chance that a read fails with `EIO`. */
  readonly readError?: number;

  /** Syncs of files answer without doing anything. */
  readonly lyingSync?: boolean;
  /** Syncs leave out the newest write. */
  readonly lateSync?: boolean;
  /** Syncs of directories answer without doing anything. */
  readonly lyingDirectorySync?: boolean;
  /** Chance that a write answers without doing anything. */
  readonly lostWrite?: number;
}

type NameChange = { readonly path: string; readonly file: SimulatedFile | undefined };
type InFlight = { readonly file: SimulatedFile; readonly offset: number; readonly bytes: Uint8Array };

/** A disk in its machine; a process {@link mount}s it. Steps take a few microtasks; nothing waits on time. */
export class SimulatedDisk {
  /** May be replaced at any time. */
  faults: DiskFaults = {};
  readonly #random: Random;
  readonly #locks = new Set<string>();
  readonly #inFlight = new Set<InFlight>();
  #names = new Map<string, SimulatedFile>();
  #durableNames = new Map<string, SimulatedFile>();
  #pendingNames = new Map<string, NameChange[][]>();
  #life = 0;

  constructor(seed: number | bigint) {
    this.#random = createRandom(BigInt(seed), 0xd15cn);
  }

  /** Bytes of a file as programs see them, to look at or to spoil. */
  bytesOf(path: string): Uint8Array {
    return this.#named(path).view();
  }

  /** Ends the process, or the power. Whatever was under way never answers; open files are gone. */
  crash(model: CrashModel): void {
    this.#life++;
    for (const { file, offset, bytes } of this.#inFlight)
      file.write(offset, bytes.subarray(0, this.#random.nextInt(bytes.length + 1)));
    this.#inFlight.clear();
    this.#locks.clear();
    if (model === "kill") return;
    for (const changes of this.#pendingNames.values())
      for (const change of changes.slice(0, this.#random.nextInt(changes.length + 1)))
        setNames(this.#durableNames, change);
    this.#pendingNames = new Map();
    this.#names = new Map(this.#durableNames);
    for (const file of new Set(this.#names.values())) file.losePower(this.#random);
  }

  /** The disk as one process sees it: after a crash it never answers again. */
  mount(): Disk {
    const life = this.#life;
    const step = <T>(act: () => T): Promise<T> => this.#step(life, act);
    return {
      open: (path, mode) => step(() => this.#open(life, path, mode)),
      makeDirectory: () => step(() => undefined),
      list: (path) =>
        step(() => {
          const names = [...this.#names.keys()].filter((name) => directoryOf(name) === path);
          return names.map((name) => name.slice(path.length + 1)).sort();
        }),
      syncDirectory: (path) =>
        step(() => {
          if (this.faults.lyingDirectorySync) return;
          for (const change of this.#pendingNames.get(path) ?? []) setNames(this.#durableNames, change);
          this.#pendingNames.delete(path);
        }),
      rename: (from, to) =>
        step(() => {
          const change = [
            { path: to, file: this.#named(from) },
            { path: from, file: undefined },
          ];
          this.#rename(directoryOf(from), change);
        }),
      remove: (path) =>
        step(() => {
          this.#named(path);
          this.#rename(directoryOf(path), [{ path, file: undefined }]);
        }),
      lock: (path) =>
        step(() => {
          if (this.#locks.has(path)) throw new ArqonError("LOG_LOCKED", `${path} is held by another server`);
          this.#locks.add(path);
          return () => step(() => void this.#locks.delete(path));
        }),
    };
  }

  #open(life: number, path: string, mode: OpenMode): DiskFile {
    if ((mode === "create") === this.#names.has(path))
      throw failure(mode === "create" ? "EEXIST" : "ENOENT", path);
    if (mode === "create") this.#rename(directoryOf(path), [{ path, file: new SimulatedFile() }]);
    const file = this.#named(path);
    const step = <T>(act: () => T): Promise<T> => this.#step(life, act);
    return {
      write: (bytes, offset) => {
        const inFlight = { file, offset, bytes };
        if (life === this.#life) this.#inFlight.add(inFlight);
        return step(() => {
          this.#inFlight.delete(inFlight);
          return this.#write(file, bytes, offset);
        });
      },
      read: (into, offset) =>
        step(() => {
          if (this.#chance(this.faults.readError)) throw failure("EIO", "read");
          const found = file.view().subarray(offset, offset + into.length);
          into.set(found);
          return found.length;
        }),
      sync: () => step(() => this.#sync(file)),
      truncate: (bytes) => step(() => file.truncate(bytes)),
      size: () => step(() => file.length),
      close: () => step(() => undefined),
    };
  }

  #sync(file: SimulatedFile): void {
    if (this.faults.lyingSync) return;
    if (this.#chance(this.faults.syncError)) {
      file.forgetPending();
      throw failure("EIO", "fdatasync");
    }
    file.sync(this.faults.lateSync ? 1 : 0);
  }

  #write(file: SimulatedFile, bytes: Uint8Array, offset: number): number {
    if (this.#chance(this.faults.lostWrite)) return bytes.length;
    let used = 0;
    for (const each of this.#names.values()) used += each.length;
    const room =
      (this.faults.capacityBytes ?? Number.POSITIVE_INFINITY) - used + Math.max(0, file.length - offset);
    if (room <= 0 && bytes.length > 0) throw failure("ENOSPC", "write");
    const short = this.#chance(this.faults.shortWrite)
      ? 1 + this.#random.nextInt(bytes.length)
      : bytes.length;
    const taken = Math.min(bytes.length, room, short);
    file.write(offset, bytes.subarray(0, taken));
    return taken;
  }

  #named(path: string): SimulatedFile {
    const file = this.#names.get(path);
    if (!file) throw failure("ENOENT", path);
    return file;
  }

  /** Changes names at once for programs, and for the media when the directory is synced. */
  #rename(directory: string, change: NameChange[]): void {
    setNames(this.#names, change);
    const pending = this.#pendingNames.get(directory) ?? [];
    pending.push(change);
    this.#pendingNames.set(directory, pending);
  }

  #chance(rate = 0): boolean {
    return rate > 0 && this.#random.nextDouble() < rate;
  }

  /** Lets others run, then acts; a process that has ended never acts. */
  async #step<T>(life: number, act: () => T): Promise<T> {
    for (let hops = this.#random.nextInt(6); hops > 0; hops--) await null;
    if (life !== this.#life) await new Promise(() => undefined);
    return act();
  }
}

function setNames(names: Map<string, SimulatedFile>, change: readonly NameChange[]): void {
  for (const { path, file } of change) {
    if (file) names.set(path, file);
    else names.delete(path);
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what} (simulated)`), { code });
}
