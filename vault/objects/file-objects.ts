/** Objects as files `sha256/ab/cdef...` of mode 0400 under one directory, 256 folders wide. */
import { lstatSync, mkdirSync, readdirSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ArqonError } from "@arqon/core/base";
import {
  makePrivateDirectory,
  readLongFile,
  readRegularFile,
  syncDirectory,
  writeLongFile,
  writeTogether,
} from "../files/index.ts";
import { type Blobs, STILL_US } from "./blobs.ts";
import type { ObjectCodec } from "./codec.ts";
import type { ObjectStore } from "./object-store.ts";
import { type ObjectLimits, objectStore } from "./store.ts";

const FOLDERS: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/** A store of objects in files; see {@link fileBlobs}. */
export function fileObjects(
  directory: string,
  limits: Partial<ObjectLimits> = {},
  codec?: ObjectCodec,
): ObjectStore {
  return objectStore(fileBlobs(directory), { codec, limits });
}

/**
 * Blobs under `directory`, which is created. Several processes may use it at once: blobs appear whole, by rename.
 * No link is followed.
 */
export function fileBlobs(directory: string): Blobs {
  const root = join(directory, "sha256");
  createFolders(root);
  const pathOf = (name: string): string => join(root, name.slice(0, 2), name.slice(2));
  const factsOf = (path: string): { storedBytes: number; writtenUs: number } | undefined => {
    requireFolder(dirname(path));
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? { storedBytes: stat.size, writtenUs: stat.mtimeMs * 1000 } : undefined;
  };
  return {
    async write(blobs) {
      for (const { name } of blobs) requireFolder(dirname(pathOf(name)));
      await writeTogether(
        blobs.map(({ name, bytes }) => ({ path: pathOf(name), bytes })),
        root,
      );
    },
    async writeLong(name, bytes) {
      requireFolder(dirname(pathOf(name)));
      await writeLongFile(pathOf(name), bytes, root);
    },
    async read(name) {
      const facts = factsOf(pathOf(name));
      return facts && readRegularFile(pathOf(name), { limitBytes: facts.storedBytes });
    },
    async readLong(name) {
      return factsOf(pathOf(name)) && readLongFile(pathOf(name));
    },
    stat: async (name) => factsOf(pathOf(name)),
    async list(prefix) {
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
    async remove(name) {
      const path = pathOf(name);
      // Mostly there is none: one look is enough then.
      if (!lstatSync(path, { throwIfNoEntry: false }) || !factsOf(path)) return;
      unlinkSync(path);
      syncDirectory(dirname(path));
    },
    async touch(name) {
      const path = pathOf(name);
      // The disk's own idea of now, so that ages are told by one clock.
      if (!factsOf(path)) return;
      const now = touchTime(root);
      utimesSync(path, now, now);
    },
    async sweep(nowUs) {
      for (const name of readdirSync(root)) {
        const path = join(root, name);
        if (/^\.object\..*\.tmp$/.test(name)) unlinkSync(path);
        else if (/^\.long\..*\.tmp$/.test(name) && lstatSync(path).mtimeMs * 1000 < nowUs - STILL_US)
          unlinkSync(path);
      }
    },
    where: pathOf,
  };
}

/** What time the disk says it is. */
function touchTime(root: string): Date {
  const probe = join(root, `.object.${process.pid}-touch.tmp`);
  writeFileSync(probe, "", { mode: 0o600 });
  const { mtime } = lstatSync(probe);
  unlinkSync(probe);
  return mtime;
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
