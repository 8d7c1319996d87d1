import { createHash } from "node:crypto";
import { ArqonError, concatBytes, equalBytes, sha256Hex } from "@arqon/core/base";
import type { Blob, Blobs } from "./blobs.ts";
import { encodedBytes, type ObjectCodec } from "./codec.ts";
import {
  type LongObject,
  type ObjectStore,
  refuseObject,
  requireDigest,
  requireObject,
  requirePrefix,
} from "./object-store.ts";

/** Bounds of a store. */
export interface ObjectLimits {
  /** Largest object that is put or got at once, in bytes. */
  readonly objectBytes: number;
  /** Largest object of all, in bytes. */
  readonly longBytes: number;
}

/** An object of more bytes is renewed piece by piece. */
const LONG_BYTES = 64 * 2 ** 20;
/** What an encoding begins with has no more bytes. */
const HEAD_BYTES = 65_536;

const LIMITS: ObjectLimits = { objectBytes: 2 ** 31, longBytes: 2 ** 42 };

/** Objects over a place for bytes: names are digests, and what is read is hashed again. With `codec`, encrypted. */
export function objectStore(
  blobs: Blobs,
  {
    codec,
    limits = {},
  }: { readonly codec?: ObjectCodec | undefined; readonly limits?: Partial<ObjectLimits> } = {},
): ObjectStore {
  const { objectBytes, longBytes } = { ...LIMITS, ...limits };

  /** Whether the object is there and sound; one whose bytes were damaged is written again. */
  const holds = async (bytes: Uint8Array, digest: string): Promise<boolean> => {
    const facts = await blobs.stat(digest, codec ? encodedBytes(bytes.length) : bytes.length);
    if (!facts || (!codec && facts.storedBytes !== bytes.length)) return false;
    const kept = await blobs.read(digest);
    if (!kept) return false;
    if (!codec) return equalBytes(kept, bytes);
    if (!codec.isCurrent(kept, digest)) return false;
    return codec.decode(kept, digest).then(
      (plain) => equalBytes(plain, bytes),
      (thrown) => unlessBroken(thrown),
    );
  };

  const read = async (digest: string): Promise<AsyncIterable<Uint8Array> | undefined> => {
    const stored = await blobs.readLong(requireDigest(digest));
    if (!stored) return undefined;
    const where = blobs.where(digest);
    return proven(codec ? codec.decodeLong(stored, digest) : stored, digest, where);
  };

  const get = async (digest: string): Promise<Uint8Array | undefined> => {
    const facts = await blobs.stat(requireDigest(digest));
    if (!facts) return undefined;
    requireSize(facts.storedBytes, codec ? encodedBytes(objectBytes) : objectBytes);
    const stored = await blobs.read(digest);
    if (!stored) return undefined;
    const where = blobs.where(digest);
    const bytes = codec
      ? await codec.decode(stored, digest).catch((thrown) => {
          unlessBroken(thrown);
          return refuseObject(digest, where, thrown);
        })
      : stored;
    return requireObject(digest, bytes, where);
  };

  /** Whether what lies there is as it would be written now; an object that is not there has nothing to be written. */
  const isCurrent = async (digest: string): Promise<boolean> => {
    const stored = codec && (await blobs.readLong(digest));
    if (!stored) return true;
    const start: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of stored) {
      start.push(piece);
      bytes += piece.length;
      if (bytes >= HEAD_BYTES) break;
    }
    return codec.isCurrent(concatBytes(...start), digest);
  };

  const writeLong = async (digest: string, plain: AsyncIterable<Uint8Array>, size: number): Promise<void> => {
    if (!codec) return blobs.writeLong(digest, plain, size);
    const most = encodedBytes(size);
    const kept = blobs.headOf?.(digest, most);
    const isUsable = kept !== undefined && (await codec.takesHead(kept, digest));
    const head = isUsable ? kept : await codec.headLong(digest);
    await blobs.writeLong(digest, codec.encodeLong(plain, digest, head), most, head);
  };

  /** Whether an object too large to hold is there and sound. */
  const holdsLong = async ({ sha256, size }: LongObject): Promise<boolean> => {
    const facts = await blobs.stat(sha256);
    if (!facts || (!codec && facts.storedBytes !== size)) return false;
    if (!(await isCurrent(sha256))) return false;
    try {
      for await (const _ of (await read(sha256)) ?? []);
      return true;
    } catch (thrown) {
      if (ArqonError.from(thrown).code !== "BUNDLE_TAMPERED") throw thrown;
      return false;
    }
  };

  return {
    read,
    mark: () => blobs.mark?.() ?? 0,
    async put(objects, mark) {
      for (const bytes of objects) requireSize(bytes.length, objectBytes);
      const digests = objects.map((bytes) => sha256Hex(bytes));
      const fresh = new Map<string, Blob>();
      for (const [i, bytes] of objects.entries()) {
        const name = digests[i] as string;
        if (fresh.has(name) || (await holds(bytes, name))) continue;
        fresh.set(name, { name, bytes: codec ? await codec.encode(bytes, name) : bytes });
      }
      if (fresh.size > 0) await blobs.write([...fresh.values()], mark);
      return digests;
    },
    async putLong(object) {
      const digest = requireDigest(object.sha256);
      requireSize(object.size, longBytes);
      if (await holdsLong(object)) return blobs.touch(digest);
      const plain = proven(object.open(), digest, "as it was given");
      await writeLong(digest, plain, object.size);
    },
    get,
    async renew(digest) {
      const facts = await blobs.stat(requireDigest(digest));
      if (!codec || !facts || (await isCurrent(digest))) return false;
      if (facts.storedBytes > LONG_BYTES) {
        const plain = await read(digest);
        if (plain) await writeLong(digest, plain, facts.storedBytes);
        return true;
      }
      const bytes = await get(digest);
      if (bytes) await blobs.write([{ name: digest, bytes: await codec.encode(bytes, digest) }]);
      return true;
    },
    has: async (digest) => (await blobs.stat(requireDigest(digest))) !== undefined,
    stat: async (digest) => blobs.stat(requireDigest(digest)),
    list: async (prefix) => blobs.list(requirePrefix(prefix)),
    delete: async (digest) => blobs.remove(requireDigest(digest)),
    sweep: (nowUs) => blobs.sweep(nowUs),
    close: () => blobs.close?.(),
  };
}

function requireSize(bytes: number, limit: number): void {
  if (bytes > limit) throw new ArqonError("LIMIT_EXCEEDED", `an object of ${bytes} bytes, limit ${limit}`);
}

/** False when decoding found damage; anything else is thrown on. */
function unlessBroken(thrown: unknown): false {
  if (ArqonError.from(thrown).code !== "SEAL_BROKEN") throw thrown;
  return false;
}

/** The same pieces; fails at the end unless they hash to the digest. */
async function* proven(
  pieces: AsyncIterable<Uint8Array>,
  digest: string,
  where: string,
): AsyncIterable<Uint8Array> {
  const hash = createHash("sha256");
  try {
    for await (const piece of pieces) {
      hash.update(piece);
      yield piece;
    }
  } catch (thrown) {
    unlessBroken(thrown);
    refuseObject(digest, where, thrown);
  }
  if (hash.digest("hex") !== digest) refuseObject(digest, where);
}
