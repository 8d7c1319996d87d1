/** The object store's contract. `describe-objects.ts` holds every implementation to it. */
import { ArqonError, sha256Hex } from "@arqon/core/base";

/** Keeps immutable bytes under their SHA-256. Digests are 64 lower-case hexadecimal digits. */
export interface ObjectStore {
  /** Stores objects and returns their digests, in order. Durable once resolved; an object that is there is not written again. */
  put(objects: readonly Uint8Array[]): Promise<string[]>;
  /**
   * The object, hashed again on reading; `undefined` when there is none.
   * @throws ArqonError `BUNDLE_TAMPERED` naming the object when its bytes are not the ones stored.
   */
  get(digest: string): Promise<Uint8Array | undefined>;
  has(digest: string): Promise<boolean>;
  /** Digests that start with `prefix` (up to 64 digits), sorted. */
  list(prefix: string): Promise<string[]>;
  /** Removes an object if it is there. */
  delete(digest: string): Promise<void>;
  /** Removes what interrupted puts left behind. Nobody may be putting meanwhile. */
  sweep(): Promise<void>;
}

/** @throws TypeError unless `digest` is 64 lower-case hexadecimal digits. */
export function requireDigest(digest: string): string {
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new TypeError(`not a digest: "${digest.slice(0, 80)}"`);
  return digest;
}

/** @throws TypeError unless `prefix` is up to 64 lower-case hexadecimal digits. */
export function requirePrefix(prefix: string): string {
  if (!/^[0-9a-f]{0,64}$/.test(prefix))
    throw new TypeError(`not a prefix of a digest: "${prefix.slice(0, 80)}"`);
  return prefix;
}

/** @throws ArqonError `BUNDLE_TAMPERED` unless `bytes` hash to `digest`. */
export function requireObject(digest: string, bytes: Uint8Array, where: string): Uint8Array {
  if (sha256Hex(bytes) !== digest)
    throw new ArqonError(
      "BUNDLE_TAMPERED",
      `object sha256:${digest} (${where}) does not have the bytes that were stored`,
      {
        details: { object: digest },
      },
    );
  return bytes;
}
