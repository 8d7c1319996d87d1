/** The object store's contract. `describe-objects.ts` holds every implementation to it. */
import { ArqonError, sha256Hex } from "@arqon/core/base";
import type { BlobFacts } from "./blobs.ts";

/** An object that need not fit into memory: what it is, and a way to read it, as often as needed. */
export interface LongObject {
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

/** Keeps immutable bytes under their SHA-256. Digests are 64 lower-case hexadecimal digits. */
export interface ObjectStore {
  /** Stores objects and returns their digests, in order. Durable once resolved; an object that is there as it would be written is not written again. */
  put(objects: readonly Uint8Array[], mark?: number): Promise<string[]>;
  /** The largest `mark` that was durably kept with objects; 0 where the place keeps none. */
  mark(): number;
  /**
   * Stores an object piece by piece; one that is there and sound counts as new again. An interrupted one is taken up
   * where it stopped, where the store can.
   * @throws ArqonError `BUNDLE_TAMPERED`, with nothing kept, when the bytes are not those of its digest.
   * @cost constant memory.
   */
  putLong(object: LongObject): Promise<void>;
  /**
   * The object, hashed again on reading; `undefined` when there is none.
   * @throws ArqonError `BUNDLE_TAMPERED` naming the object when its bytes are not the ones stored.
   */
  get(digest: string): Promise<Uint8Array | undefined>;
  /**
   * The object piece by piece. Only its end proves it whole: what came before must not be believed until then.
   * @throws ArqonError `BUNDLE_TAMPERED` at the end, or before, when its bytes are not the ones stored.
   */
  read(digest: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /**
   * Encodes an object anew that lies in plain text or under an older key, where the store encodes. Returns whether it did.
   * @throws ArqonError as {@link get}, with the object as it was.
   */
  renew(digest: string): Promise<boolean>;
  has(digest: string): Promise<boolean>;
  /** Its size as it lies there, and its age; `undefined` when there is none. */
  stat(digest: string): Promise<BlobFacts | undefined>;
  /** Digests that start with `prefix` (up to 64 digits), sorted. */
  list(prefix: string): Promise<string[]>;
  /** Removes an object if it is there. */
  delete(digest: string): Promise<void>;
  /** Removes what interrupted puts left behind. Nobody may be putting meanwhile, but long ones. */
  sweep(nowUs: number): Promise<void>;
  close(): void;
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

/** @throws ArqonError `BUNDLE_TAMPERED`, saying that the object does not have its bytes. */
export function refuseObject(digest: string, where: string, cause?: unknown): never {
  throw new ArqonError(
    "BUNDLE_TAMPERED",
    `object sha256:${digest} (${where}) does not have the bytes that were stored${
      cause === undefined ? "" : `: ${ArqonError.from(cause).message}`
    }`,
    { details: { object: digest }, ...(cause !== undefined && { cause }) },
  );
}

/** @throws ArqonError `BUNDLE_TAMPERED` unless `bytes` hash to `digest`. */
export function requireObject(digest: string, bytes: Uint8Array, where: string): Uint8Array {
  if (sha256Hex(bytes) !== digest) refuseObject(digest, where);
  return bytes;
}
