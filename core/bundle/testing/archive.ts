/** Archives in memory behind the interfaces of long ones. */
import { concatBytes } from "../../base/index.ts";
import type { ZipFile, ZipSink, ZipSource } from "../zip-stream.ts";

/** An archive to read. Reading outside it is a mistake of the reader. */
export function memorySource(archive: Uint8Array): ZipSource {
  return {
    size: archive.length,
    async read(at, length) {
      if (at < 0 || length < 0 || at + length > archive.length)
        throw new RangeError(`${length} bytes at ${at}, of ${archive.length}`);
      return archive.slice(at, at + length);
    },
  };
}

/** A place to write one. */
export function memorySink(): ZipSink & { bytes(): Uint8Array } {
  let bytes = new Uint8Array();
  return {
    async write(at, piece) {
      if (at + piece.length > bytes.length) {
        const longer = new Uint8Array(at + piece.length);
        longer.set(bytes);
        bytes = longer;
      }
      bytes.set(piece, at);
    },
    bytes: () => bytes,
  };
}

/** Every file, read to its end. */
export async function readAll(files: readonly ZipFile[]): Promise<Map<string, Uint8Array>> {
  const read = new Map<string, Uint8Array>();
  for (const file of files) {
    const pieces: Uint8Array[] = [];
    for await (const piece of file.open()) pieces.push(piece);
    read.set(file.path, concatBytes(...pieces));
  }
  return read;
}
