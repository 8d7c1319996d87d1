/** Bundles on disk, in any container: a canonical ZIP, an `.eln` archive, a folder, a BagIt bag. */
import { lstat, mkdir, opendir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { ArqonError, systemEntropy, toHex } from "@arqon/core/base";
import {
  type BundleContents,
  type BundleFiles,
  type ContainerFormat,
  fromContainer,
  heldFiles,
  isArchiveFormat,
  isHeld,
  type LargeFile,
  metadataOf,
  type OnProgress,
  piecesOf,
  readZip,
  sizeOf,
  toContainer,
} from "@arqon/core/bundle";
import { largeFile, openArchive, syncFolder, writeArchive } from "./bundle-archive.ts";
import { readUserFile } from "./store.ts";

/** What a folder may hold at most, as an archive that is read into memory. */
const MAX_FILES = 10_000;
const MAX_BYTES = 1 << 30;

/** Whether an argument names a bundle on disk rather than an id: a name with an ending, or a path with a separator in it. */
export function isBundlePath(argument: string): boolean {
  return argument.includes(".") || argument.includes("/") || argument.includes(sep);
}

/**
 * The files of a bundle on disk, out of their container.
 * @throws ArqonError `FILE_UNREADABLE`, `BUNDLE_MALFORMED`, `BUNDLE_TAMPERED`, `LIMIT_EXCEEDED`.
 */
export async function readBundle(path: string): Promise<BundleFiles> {
  const found = await stat(path).catch(() => undefined);
  return fromContainer(
    found?.isDirectory() ? heldFiles(await readFolder(path)) : readZip(await readUserFile(path)),
  );
}

/**
 * Runs `use` with the files of a bundle on disk, whatever its size. Everything is read once before, for its digests.
 * @throws ArqonError as {@link readBundle}.
 */
export async function withBundle<T>(
  path: string,
  onProgress: OnProgress,
  use: (contents: BundleContents, archiveBytes: number | undefined) => Promise<T>,
): Promise<T> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory())
    return use(
      fromContainer(await readFolder(path, (file, size) => largeFile(file, size, onProgress))),
      undefined,
    );
  const archive = await openArchive(path, onProgress);
  try {
    return await use(fromContainer(archive.contents), archive.bytes);
  } finally {
    await archive.close();
  }
}

/** The title a bundle was sealed with, or the name it has on disk where it says none that can be shown. */
export function titleIn(files: BundleContents, path: string): string {
  try {
    return metadataOf(heldFiles(files)).title ?? basename(path);
  } catch {
    return basename(path);
  }
}

/** The files of a folder; `onLarge` gives those that need not be held, without it all of them are. */
async function readFolder(
  root: string,
  onLarge?: (path: string, size: number) => Promise<LargeFile>,
): Promise<BundleContents> {
  const files = new Map<string, Uint8Array | LargeFile>();
  let total = 0;
  const folders = new Set<string>();
  try {
    // Read as it is listed, so that a folder that is no bundle is left at the limit, not listed to its end.
    for await (const entry of await opendir(root, { recursive: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = relative(root, path).split(sep).join("/");
      const facts = await lstat(path);
      if (facts.isDirectory()) folders.add(name);
      else if (!facts.isFile()) throw new ArqonError("BUNDLE_MALFORMED", `${name} is not a regular file`);
      const large = isHeld(name, facts.size) ? undefined : onLarge;
      if (facts.isFile() && !large) total += facts.size;
      if (files.size >= MAX_FILES || folders.size > MAX_FILES || total > MAX_BYTES)
        throw new ArqonError("LIMIT_EXCEEDED", `${root} has over ${MAX_FILES} files or ${MAX_BYTES} bytes`);
      if (facts.isDirectory()) continue;
      files.set(name, large ? await large(path, facts.size) : new Uint8Array(await readFile(path)));
    }
    for (const name of files.keys())
      for (let folder = dirname(name); folders.delete(folder); ) folder = dirname(folder);
    const [empty] = folders;
    if (empty !== undefined)
      throw new ArqonError("BUNDLE_MALFORMED", `${empty} is a folder with nothing in it`);
  } catch (cause) {
    if (cause instanceof ArqonError) throw cause;
    throw new ArqonError("FILE_UNREADABLE", `${root}: ${(cause as Error).message}`, { cause });
  }
  return files;
}

/** The format a path asks for by its ending; a folder where it has none. */
export function formatOf(path: string): ContainerFormat {
  const ending = /\.(zip|eln)$/i.exec(path)?.[1]?.toLowerCase();
  return ending === "zip" || ending === "eln" ? ending : "dir";
}

/**
 * Writes a bundle beside its target and then renames it: the target is whole or not there.
 * @returns how many bytes were written.
 * @throws ArqonError `FILE_UNREADABLE` when it cannot be written, or the folder exists.
 */
export async function writeBundle(
  files: BundleContents,
  path: string,
  format: ContainerFormat,
  onProgress: OnProgress = () => {},
): Promise<number> {
  const container = toContainer(files, format);
  const total = [...container.values()].reduce((sum, file) => sum + sizeOf(file), 0);
  const target = resolve(path);
  const partial = `${target}.${toHex(systemEntropy(8))}.partial`;
  try {
    let bytes = 0;
    if (isArchiveFormat(format)) {
      bytes = await writeArchive(partial, container, onProgress);
    } else {
      if (await lstat(target).catch(() => undefined)) throw new Error("it exists already");
      await mkdir(partial);
      for (const [name, content] of container) {
        const file = join(partial, ...name.split("/"));
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, piecesOf(content), { flag: "wx", flush: true });
        bytes += sizeOf(content);
        onProgress(bytes, total);
      }
    }
    await rename(partial, target);
    await syncFolder(target);
    return bytes;
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    throw new ArqonError("FILE_UNREADABLE", `cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
}
