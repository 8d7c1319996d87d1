/** Answers `artifact.bundle.get`: the canonical ZIP of an artifact, chunk by chunk. */
import { ArqonError } from "@arqon/core/base";
import { writeZip } from "@arqon/core/bundle";
import { type BundleChunk, BundleChunkSchema, type BundleGet, create } from "@arqon/core/wire";
import type { Vault } from "@arqon/vault";

/** Largest piece in one reply, bytes. */
export const CHUNK_BYTES = 262_144;

/** Serves bundles, and keeps the archives last asked for. */
export class ArtifactService {
  readonly #vault: Pick<Vault, "find" | "bundle">;
  readonly #cacheBytes: number;
  /** By record id, least recently used first. */
  readonly #zips = new Map<string, Promise<Uint8Array>>();
  readonly #sizes = new Map<string, number>();

  /** @param cacheBytes  bound on the archives kept; one that is larger is made for every chunk. */
  constructor(vault: Pick<Vault, "find" | "bundle">, cacheBytes: number = 64 * 2 ** 20) {
    this.#vault = vault;
    this.#cacheBytes = cacheBytes;
  }

  /** Of what `tenant` may see. @throws ArqonError `ARTIFACT_UNKNOWN`, `USAGE` for an offset outside the archive. */
  async chunk({ artifactId, offset }: BundleGet, tenant: string): Promise<BundleChunk> {
    const { recordId } = await this.#vault.find(artifactId, tenant);
    const zip = await this.#zip(recordId);
    const from = Number(offset);
    if (!Number.isSafeInteger(from) || from >= zip.length)
      throw new ArqonError("USAGE", `offset ${offset} is outside the ${zip.length} bytes of ${artifactId}`);
    return create(BundleChunkSchema, {
      offset,
      totalBytes: BigInt(zip.length),
      data: zip.subarray(from, from + CHUNK_BYTES),
    });
  }

  #zip(recordId: string): Promise<Uint8Array> {
    const known = this.#zips.get(recordId);
    this.#zips.delete(recordId);
    const zip = known ?? this.#make(recordId);
    this.#zips.set(recordId, zip);
    return zip;
  }

  async #make(recordId: string): Promise<Uint8Array> {
    try {
      const zip = writeZip(await this.#vault.bundle(recordId));
      this.#sizes.set(recordId, zip.length);
      this.#evict();
      return zip;
    } catch (error) {
      this.#zips.delete(recordId);
      throw error;
    }
  }

  #evict(): void {
    let total = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const recordId of [...this.#zips.keys()]) {
      if (total <= this.#cacheBytes) return;
      const size = this.#sizes.get(recordId);
      if (size === undefined) continue; // Still being made.
      this.#zips.delete(recordId);
      this.#sizes.delete(recordId);
      total -= size;
    }
  }
}
