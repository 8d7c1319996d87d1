/** Answers `ledger.runs.get` and `ledger.governance.get`: the files of the two logs, chunk by chunk. */
import { ArqonError } from "@arqon/core/base";
import { type BundleChunk, BundleChunkSchema, create, type LedgerGet } from "@arqon/core/wire";
import type { LogName, Vault } from "@arqon/vault";
import { CHUNK_BYTES } from "./artifact-service.ts";

/** Bytes of files kept for those who ask for their other chunks. */
const KEPT_BYTES = 64 * 2 ** 20;

/** Serves the files of the logs. */
export class LedgerService {
  readonly #vault: Pick<Vault, "logFile">;
  /** Files of more than one chunk, which never change, least recently made first. */
  readonly #kept = new Map<string, Uint8Array>();

  readonly #keptBytes: number;
  #bytes = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(vault: Pick<Vault, "logFile">, keptBytes: number = KEPT_BYTES) {
    this.#vault = vault;
    this.#keptBytes = keptBytes;
  }

  /** @throws ArqonError `LEDGER_FILE_UNKNOWN`, `USAGE` for an offset outside the file. */
  async chunk(log: LogName, { path, offset }: LedgerGet): Promise<BundleChunk> {
    const name = `${log}/${path}`;
    const file = this.#kept.get(name) ?? (await this.#read(log, path));
    if (!file) throw new ArqonError("LEDGER_FILE_UNKNOWN", `the log "${log}" has no "${path.slice(0, 128)}"`);
    const from = Number(offset);
    if (!Number.isSafeInteger(from) || from >= file.length)
      throw new ArqonError("USAGE", `offset ${offset} is outside the ${file.length} bytes of ${name}`);
    return create(BundleChunkSchema, {
      offset,
      totalBytes: BigInt(file.length),
      data: file.subarray(from, from + CHUNK_BYTES),
    });
  }

  /** Entries may be many megabytes, so they are made one file at a time, and one that several ask for is made once. */
  #read(log: LogName, path: string): Promise<Uint8Array | undefined> {
    if (!path.startsWith("tile/entries/")) return this.#vault.logFile(log, path);
    const name = `${log}/${path}`;
    const made = this.#turn.then(async () => {
      const file = this.#kept.get(name) ?? (await this.#vault.logFile(log, path));
      if (file && file.length > CHUNK_BYTES) this.#keep(name, file);
      return file;
    });
    this.#turn = made.catch(() => {});
    return made;
  }

  #keep(name: string, file: Uint8Array): void {
    if (this.#kept.has(name)) return;
    this.#kept.set(name, file);
    this.#bytes += file.length;
    for (const [first, { length }] of this.#kept) {
      if (this.#bytes <= this.#keptBytes) return;
      this.#kept.delete(first);
      this.#bytes -= length;
    }
  }
}
