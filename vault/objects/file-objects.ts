/** Objects as files `sha256/ab/cd/<digest>` of mode 0400 under one directory. */
import { chmodSync, lstatSync, readdirSync, renameSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { ArqonError, equalBytes, sha256Hex } from "@arqon/core/base";
import { makePrivateDirectory, readRegularFile, syncDirectory, writeTemporary } from "../files/index.ts";
import { type ObjectStore, requireDigest, requireObject, requirePrefix } from "./object-store.ts";

/** Bounds of a file store. */
export interface FileObjectsLimits {
  /** Largest object, in bytes. */
  readonly objectBytes: number;
}

const LIMITS: FileObjectsLimits = { objectBytes: 2 ** 31 };

/**
 * A store under `directory`, which is created. Several processes may use it at once: objects appear whole, by rename.
 * No link is followed, not even at the directories in between.
 */
export function fileObjects(directory: string, limits: FileObjectsLimits = LIMITS): ObjectStore {
  const root = join(directory, "sha256");
  const pathOf = (digest: string): string =>
    join(root, requireDigest(digest).slice(0, 2), digest.slice(2, 4), digest);
  makePrivateDirectory(root);

  const isDirectory = (path: string): boolean => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat && !stat.isDirectory()) throw new ArqonError("FILE_UNREADABLE", `${path} is not a directory`);
    return stat !== undefined;
  };
  const there = (path: string): boolean =>
    isDirectory(dirname(dirname(path))) &&
    isDirectory(dirname(path)) &&
    lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const read = (digest: string): Uint8Array | undefined => {
    const path = pathOf(digest);
    if (!there(path)) return undefined;
    const bytes = readRegularFile(path, { limitBytes: limits.objectBytes });
    return bytes && requireObject(digest, bytes, path);
  };

  /** Whether the object is there and sound; one whose bytes were damaged is written again. */
  const holds = (digest: string, bytes: Uint8Array): boolean => {
    const path = pathOf(digest);
    if (!there(path) || lstatSync(path).size !== bytes.length) return false;
    const kept = readRegularFile(path, { limitBytes: limits.objectBytes });
    return kept !== undefined && equalBytes(kept, bytes);
  };

  return {
    async put(objects) {
      const digests: string[] = [];
      const fresh = new Map<string, Uint8Array>();
      for (const bytes of objects) {
        if (bytes.length > limits.objectBytes)
          throw new ArqonError(
            "LIMIT_EXCEEDED",
            `an object of ${bytes.length} bytes, limit ${limits.objectBytes}`,
          );
        const digest = sha256Hex(bytes);
        digests.push(digest);
        if (!holds(digest, bytes)) fresh.set(digest, bytes);
      }
      // Temporary files lie in the store's root, so that one left by a crash is easy to find. Directories are synced once each.
      const changed = new Set<string>();
      for (const [digest, bytes] of fresh) {
        const path = pathOf(digest);
        const temporary = writeTemporary(root, digest, bytes);
        makePrivateDirectory(dirname(path));
        chmodSync(temporary, 0o400);
        renameSync(temporary, path);
        changed.add(dirname(path));
      }
      for (const path of changed) syncDirectory(path);
      return digests;
    },
    get: async (digest) => read(digest),
    has: async (digest) => there(pathOf(digest)),
    async list(prefix) {
      requirePrefix(prefix);
      const found: string[] = [];
      const below = (path: string, pattern: RegExp): string[] =>
        isDirectory(path)
          ? readdirSync(path)
              .filter((name) => pattern.test(name))
              .sort()
          : [];
      for (const first of below(root, /^[0-9a-f]{2}$/)) {
        if (!first.startsWith(prefix.slice(0, 2))) continue;
        for (const second of below(join(root, first), /^[0-9a-f]{2}$/)) {
          if (!second.startsWith(prefix.slice(2, 4))) continue;
          for (const digest of below(join(root, first, second), /^[0-9a-f]{64}$/))
            if (digest.startsWith(prefix)) found.push(digest);
        }
      }
      return found;
    },
    async delete(digest) {
      const path = pathOf(digest);
      if (!there(path)) return;
      unlinkSync(path);
      syncDirectory(dirname(path));
    },
  };
}
