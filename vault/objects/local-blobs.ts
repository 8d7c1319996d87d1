/** Blobs on this machine: small ones together, by a database, others as files of their own. */
import { join } from "node:path";
import type { Clock } from "@arqon/core/base";
import type { Blobs } from "./blobs.ts";
import { databaseBlobs } from "./database-blobs.ts";
import { fileBlobs } from "./file-objects.ts";

/** Largest blob that lies with others, in bytes. */
const SMALL_BYTES = 3 << 16;

/** Blobs under `directory`, which is created. Small ones that are there as files, from before, are found as well. */
export async function localBlobs(directory: string, clock: Clock): Promise<Blobs> {
  const files = fileBlobs(directory);
  const small = await databaseBlobs(join(directory, "small.sqlite"), join(directory, "packs"), clock);
  const placeOf = (name: string): Omit<Blobs, "writeLong" | "readLong"> => (small.has(name) ? small : files);
  return {
    mark: () => small.mark(),
    async write(blobs, mark) {
      const isSmall = ({ bytes }: { readonly bytes: Uint8Array }): boolean => bytes.length <= SMALL_BYTES;
      const large = blobs.filter((blob) => !isSmall(blob));
      if (large.length > 0) await files.write(large);
      if (large.length < blobs.length || mark !== undefined) await small.write(blobs.filter(isSmall), mark);
      // Encrypted or damaged ones had another size, and lay in the other place.
      for (const blob of blobs)
        if (isSmall(blob)) await files.remove(blob.name);
        else if (small.has(blob.name)) await small.remove(blob.name);
    },
    async writeLong(name, bytes, size) {
      await files.writeLong(name, bytes, size);
      if (small.has(name)) await small.remove(name);
    },
    read: async (name) => (await small.read(name)) ?? files.read(name),
    async readLong(name) {
      const bytes = await small.read(name);
      return bytes ? once(bytes) : files.readLong(name);
    },
    async stat(name, mostBytes = Number.POSITIVE_INFINITY) {
      const facts = await small.stat(name);
      return facts || mostBytes <= SMALL_BYTES ? facts : files.stat(name);
    },
    async list(prefix) {
      const all = new Set([...(await small.list(prefix)), ...(await files.list(prefix))]);
      return [...all].sort();
    },
    async remove(name) {
      if (small.has(name)) await small.remove(name);
      await files.remove(name);
    },
    touch: (name) => placeOf(name).touch(name),
    async sweep(nowUs) {
      await small.sweep(nowUs);
      await files.sweep(nowUs);
    },
    where: (name) => placeOf(name).where(name),
    close: () => small.close(),
  };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
