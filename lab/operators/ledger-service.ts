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

  constructor(vault: Pick<Vault, "logFile">, keptBytes: number = KEPT_BYTES) {
    this.#vault = vault;
    this.#keptBytes = keptBytes;
  }

  /** @throws ArqonError `LEDGER_FILE_UNKNOWN`, `USAGE` for an offset outside the file. */
  async chunk(log: LogName, { path, offset }: LedgerGet): Promise<BundleChunk> {
    const name = `${log}/${path}`;
    const file = this.#kept.get(name) ?? (await this.#vault.logFile(log, path));
    if (!file) throw new ArqonError("LEDGER_FILE_UNKNOWN", `the log "${log}" has no "${path.slice(0, 128)}"`);
    const from = Number(offset);
    if (!Number.isSafeInteger(from) || from >= file.length)
      throw new ArqonError("USAGE", `offset ${offset} is outside the ${file.length} bytes of ${name}`);
    if (file.length > CHUNK_BYTES) this.#keep(name, file);
    return create(BundleChunkSchema, {
      offset,
      totalBytes: BigInt(file.length),
      data: file.subarray(from, from + CHUNK_BYTES),
    });
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
