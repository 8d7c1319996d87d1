/** Files too large to hold: into the store, and out of it, piece by piece. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { ArqonError } from "@arqon/core/base";
import {
  ARTIFACT_PATH,
  type BundleContents,
  type BundleFiles,
  type FileFacts,
  isHeld,
  type LargeFile,
  listedFiles,
  type OnProgress,
  parseArtifact,
} from "@arqon/core/bundle";
import { readLongFile } from "./files/index.ts";
import { parseSheet, type RecordSheet } from "./index/index.ts";
import type { ObjectStore } from "./objects/index.ts";
import type { VaultParts } from "./parts.ts";

/** Puts every large file into the store. */
export async function keepLarge(
  objects: ObjectStore,
  files: BundleContents,
  onProgress: OnProgress,
): Promise<void> {
  const large = [...files.values()].filter((file): file is LargeFile => !(file instanceof Uint8Array));
  const total = large.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const file of large) {
    const from = done;
    const open = async function* (): AsyncIterable<Uint8Array> {
      done = from;
      for await (const piece of file.open()) {
        done += piece.length;
        onProgress(done, total);
        yield piece;
      }
    };
    await objects.putLong({ sha256: file.sha256, size: file.size, open });
    done = from + file.size;
  }
}

/** Puts a file of this machine into the store. It is garbage unless a record speaks of it before the grace period ends. */
export async function keepFile(objects: ObjectStore, path: string): Promise<FileFacts> {
  const hash = createHash("sha256");
  for await (const piece of readLongFile(path)) hash.update(piece);
  const facts = { sha256: hash.digest("hex"), size: statSync(path).size };
  await objects.putLong({ ...facts, open: () => readLongFile(path) });
  return facts;
}

/** The files of a record; those too large to hold are read when they are asked for. */
export async function contentsOf(parts: VaultParts, recordId: string): Promise<BundleContents> {
  const { objects } = parts;
  const sheet = await sheetOfRecord(parts, recordId);
  const missing = (path: string, digest: string): never => {
    throw new ArqonError(
      "BUNDLE_TAMPERED",
      `${path} of record ${recordId} is missing: object sha256:${digest}`,
    );
  };
  const sizes = await sizesOf(objects, sheet);
  const files = new Map<string, Uint8Array | LargeFile>();
  for (const [path, sha256] of sheet.files) {
    const within = sheet.within.get(path);
    const size = sizes.get(path);
    if (within) files.set(path, within);
    else if (size === undefined || isHeld(path, size)) {
      const bytes = await objects.get(sha256).catch(naming(`${path} of record ${recordId}`));
      files.set(path, bytes ?? missing(path, sha256));
    } else {
      const open = async function* (): AsyncIterable<Uint8Array> {
        yield* (await objects.read(sha256)) ?? missing(path, sha256);
      };
      if (!(await objects.has(sha256))) missing(path, sha256);
      files.set(path, { sha256, size, open });
    }
  }
  return files;
}

/** The sheet of a record. @throws ArqonError `ARTIFACT_UNKNOWN`, `BUNDLE_TAMPERED` when it is missing or damaged. */
export async function sheetOfRecord({ index, objects }: VaultParts, recordId: string): Promise<RecordSheet> {
  const digest = await index.sheetDigest(recordId);
  if (digest === undefined)
    throw new ArqonError("ARTIFACT_UNKNOWN", `no record has the id ${recordId.slice(0, 80)}`);
  const bytes = await objects.get(digest).catch(naming(`the sheet of record ${recordId}`));
  if (!bytes)
    throw new ArqonError(
      "BUNDLE_TAMPERED",
      `the sheet of record ${recordId} is missing: object sha256:${digest}`,
    );
  return parseSheet(bytes, `object sha256:${digest}`);
}

/** Throws on what was thrown, saying what it is about. */
const naming = (what: string) => (thrown: unknown) => {
  const { code, message, remedy } = ArqonError.from(thrown);
  throw new ArqonError(code, `${what}: ${message}`, { remedy, cause: thrown });
};

/** A file of a record, by its sheet; `undefined` when it is not there. */
export async function fileOf(
  objects: ObjectStore,
  { files, within }: RecordSheet,
  path: string,
): Promise<Uint8Array | undefined> {
  return within.get(path) ?? objects.get(files.get(path) ?? "");
}

/** Sizes by path, as `artifact.json` lists them; none where it cannot be read. */
async function sizesOf(objects: ObjectStore, sheet: RecordSheet): Promise<Map<string, number>> {
  try {
    const bytes = await fileOf(objects, sheet, ARTIFACT_PATH);
    const listed = bytes ? listedFiles(parseArtifact(bytes)) : [];
    return new Map([...listed].map(([path, { size }]) => [path, size]));
  } catch {
    return new Map();
  }
}

/** Most bytes of a record that are handed over whole. */
const WHOLE_BYTES = 2 ** 30;

/** Every file in memory. @throws ArqonError `LIMIT_EXCEEDED` beyond 1 GiB. */
export async function wholeOf(files: BundleContents): Promise<BundleFiles> {
  const total = [...files.values()].reduce(
    (sum, file) => sum + (file instanceof Uint8Array ? 0 : file.size),
    0,
  );
  if (total > WHOLE_BYTES)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `the record has files of ${total} bytes; at most ${WHOLE_BYTES} are handed over at once`,
      {
        remedy: "Export it: `arqon export` writes it piece by piece.",
      },
    );
  const whole = new Map<string, Uint8Array>();
  for (const [path, file] of files) {
    if (file instanceof Uint8Array) {
      whole.set(path, file);
      continue;
    }
    const bytes = new Uint8Array(file.size);
    let at = 0;
    for await (const piece of file.open()) {
      bytes.set(piece, at);
      at += piece.length;
    }
    whole.set(path, bytes);
  }
  return whole;
}

/** Reads every large file to its end, which proves its digest. */
export async function proveLarge(files: BundleContents, onProgress: OnProgress = () => {}): Promise<void> {
  const large = [...files.values()].filter((file): file is LargeFile => !(file instanceof Uint8Array));
  const total = large.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const file of large)
    for await (const piece of file.open()) {
      done += piece.length;
      onProgress(done, total);
    }
}
