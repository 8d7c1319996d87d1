/** Objects as files `sha256/ab/cdef...` of mode 0400 under one directory, 256 folders wide. */
import { lstatSync, mkdirSync, readdirSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { ArqonError, equalBytes, sha256Hex } from "@arqon/core/base";
import { makePrivateDirectory, readRegularFile, syncDirectory, writeTogether } from "../files/index.ts";
import { type ObjectStore, requireDigest, requireObject, requirePrefix } from "./object-store.ts";

/** Bounds of a file store. */
export interface FileObjectsLimits {
  /** Largest object, in bytes. */
  readonly objectBytes: number;
}

/** How objects lie on disk, where that is not as they are. */
export interface ObjectCodec {
  encode(bytes: Uint8Array, digest: string): Promise<Uint8Array>;
  /** @throws ArqonError `SEAL_BROKEN` when the stored bytes were damaged. */
  decode(stored: Uint8Array, digest: string): Promise<Uint8Array>;
  /** Whether the stored bytes went through `encode`. */
  isEncoded(stored: Uint8Array, digest: string): boolean;
}

/** What an encoding may add to an object. */
const CODEC_BYTES = 65_536;

const LIMITS: FileObjectsLimits = { objectBytes: 2 ** 31 };
const FOLDERS: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/**
 * A store under `directory`, which is created. Several processes may use it at once: objects appear whole, by rename.
 * No link is followed.
 */
export function fileObjects(
  directory: string,
  limits: FileObjectsLimits = LIMITS,
  codec?: ObjectCodec,
): ObjectStore {
  const root = join(directory, "sha256");
  createFolders(root);
  const pathOf = (digest: string): string => join(root, requireDigest(digest).slice(0, 2), digest.slice(2));
  const sizeOf = (path: string): number | undefined => {
    requireFolder(dirname(path));
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? stat.size : undefined;
  };
  const read = (path: string): Uint8Array | undefined =>
    sizeOf(path) === undefined
      ? undefined
      : readRegularFile(path, {
          limitBytes: codec ? limits.objectBytes * (1 + 2 ** -11) + CODEC_BYTES : limits.objectBytes,
        });
  /** Whether the object is there and sound; one whose bytes were damaged is written again. */
  const holds = async (path: string, bytes: Uint8Array, digest: string): Promise<boolean> => {
    if (!codec) {
      if (sizeOf(path) !== bytes.length) return false;
      const kept = read(path);
      return kept !== undefined && equalBytes(kept, bytes);
    }
    const kept = read(path);
    if (!kept || !codec.isEncoded(kept, digest)) return false;
    try {
      return equalBytes(await codec.decode(kept, digest), bytes);
    } catch (thrown) {
      if (ArqonError.from(thrown).code !== "SEAL_BROKEN") throw thrown;
      return false;
    }
  };

  return {
    async put(objects) {
      for (const bytes of objects)
        if (bytes.length > limits.objectBytes)
          throw new ArqonError(
            "LIMIT_EXCEEDED",
            `an object of ${bytes.length} bytes, limit ${limits.objectBytes}`,
          );
      const digests = objects.map((bytes) => sha256Hex(bytes));
      const fresh = new Map<string, Uint8Array>();
      for (const [i, bytes] of objects.entries()) {
        const digest = digests[i] as string;
        const path = pathOf(digest);
        if (fresh.has(path) || (await holds(path, bytes, digest))) continue;
        fresh.set(path, codec ? await codec.encode(bytes, digest) : bytes);
      }
      await writeTogether(
        Array.from(fresh, ([path, bytes]) => ({ path, bytes })),
        root,
      );
      return digests;
    },
    async get(digest) {
      const path = pathOf(digest);
      const bytes = read(path);
      if (!bytes || !codec) return bytes && requireObject(digest, bytes, path);
      return requireObject(digest, await decoded(codec, bytes, digest, path), path);
    },
    has: async (digest) => sizeOf(pathOf(digest)) !== undefined,
    async list(prefix) {
      requirePrefix(prefix);
      const found: string[] = [];
      for (const folder of FOLDERS) {
        if (!folder.startsWith(prefix.slice(0, 2))) continue;
        requireFolder(join(root, folder));
        for (const name of readdirSync(join(root, folder)).sort())
          if (/^[0-9a-f]{62}$/.test(name) && `${folder}${name}`.startsWith(prefix))
            found.push(`${folder}${name}`);
      }
      return found;
    },
    async delete(digest) {
      const path = pathOf(digest);
      if (sizeOf(path) === undefined) return;
      unlinkSync(path);
      syncDirectory(dirname(path));
    },
    async sweep() {
      for (const name of readdirSync(root))
        if (/^\.object\..*\.tmp$/.test(name)) unlinkSync(join(root, name));
    },
  };
}

async function decoded(
  codec: ObjectCodec,
  stored: Uint8Array,
  digest: string,
  path: string,
): Promise<Uint8Array> {
  try {
    return await codec.decode(stored, digest);
  } catch (thrown) {
    const { code, message } = ArqonError.from(thrown);
    if (code !== "SEAL_BROKEN") throw thrown;
    throw new ArqonError("BUNDLE_TAMPERED", `${path} is not object sha256:${digest}: ${message}`, {
      cause: thrown,
    });
  }
}

/** Makes every folder at once, so that storing an object has none to make. */
function createFolders(root: string): void {
  makePrivateDirectory(root);
  const there = new Set(readdirSync(root));
  const missing = FOLDERS.filter((folder) => !there.has(folder));
  for (const folder of missing) mkdirSync(join(root, folder), { mode: 0o700, recursive: true });
  if (missing.length > 0) syncDirectory(root);
}

function requireFolder(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new ArqonError(
      "FILE_UNREADABLE",
      `${path} is missing, or a link: it must be a folder of the object store`,
    );
}
