/** The files of a bundle where some are too large to hold. */
import { sha256Hex } from "../base/index.ts";
import type { BundleFiles } from "./draft.ts";

/** What is known of a file that is not held. */
export interface FileFacts {
  /** Of its bytes, computed from them; 64 hexadecimal digits. */
  readonly sha256: string;
  readonly size: number;
}

/** A file that is read piece by piece. */
export interface LargeFile extends FileFacts {
  /** Reads it from its start; may be called again. Fails at the end when the bytes are not those of `sha256`. */
  open(): AsyncIterable<Uint8Array>;
}

/** Every file of a bundle by path: held, or large. `BundleFiles` is one, with all files held. */
export type BundleContents = ReadonlyMap<string, Uint8Array | LargeFile>;

/** The same, where large files need not be read. */
export type BundleListing = ReadonlyMap<string, Uint8Array | FileFacts>;

/** Files up to this size are held, and larger ones whose content must be read to be judged. */
export const HELD_BYTES: number = 2 ** 20;

/** Whether a file of a bundle is one to hold: small, or JSON, or not of a section that keeps data. */
export function isHeld(path: string, size: number): boolean {
  return (
    size <= HELD_BYTES || path.endsWith(".json") || !/(^|\/)(recipe|conditions|results|record)\//.test(path)
  );
}

/** The files that are held. */
export function heldFiles(files: BundleListing): BundleFiles {
  return new Map([...files].flatMap(([path, file]) => (file instanceof Uint8Array ? [[path, file]] : [])));
}

/** SHA-256 as 64 hexadecimal digits. */
export function digestOf(file: Uint8Array | FileFacts): string {
  return file instanceof Uint8Array ? sha256Hex(file) : file.sha256;
}

/** Bytes of a file. */
export function sizeOf(file: Uint8Array | FileFacts): number {
  return file instanceof Uint8Array ? file.length : file.size;
}

/** The bytes of a file in pieces. */
export async function* piecesOf(file: Uint8Array | LargeFile): AsyncIterable<Uint8Array> {
  if (file instanceof Uint8Array) yield file;
  else yield* file.open();
}
