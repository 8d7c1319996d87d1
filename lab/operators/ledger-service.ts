/** Answers `ledger.runs.get` and `ledger.governance.get`: the files of the two logs, chunk by chunk. */
import { ArqonError } from "@arqon/core/base";
import { type BundleChunk, BundleChunkSchema, create, type LedgerGet } from "@arqon/core/wire";
import type { LogName, Vault } from "@arqon/vault";
import { CHUNK_BYTES } from "./artifact-service.ts";

/** Files kept for those who ask for their other chunks: at most 64 MiB of entries. */
const KEPT_FILES = 4;

/** Serves the files of the logs. */
export class LedgerService {
  readonly #vault: Pick<Vault, "logFile">;
  /** Files of more than one chunk, which never change, least recently made first. */
  readonly #kept = new Map<string, Uint8Array>();

  constructor(vault: Pick<Vault, "logFile">) {
    this.#vault = vault;
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
    this.#kept.set(name, file);
    for (const first of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_FILES) return;
      this.#kept.delete(first);
    }
  }
}
