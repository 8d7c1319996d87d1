import type { Blobs } from "./blobs.ts";
import type { ObjectStore } from "./object-store.ts";
import { objectStore } from "./store.ts";

/** Blobs in memory, for tests. They have no age. */
export function memoryBlobs(held: Map<string, Uint8Array> = new Map()): Blobs {
  return {
    write: async (blobs) => {
      for (const { name, bytes } of blobs) held.set(name, bytes.slice());
    },
    async writeLong(name, pieces) {
      const all: Uint8Array[] = [];
      for await (const piece of pieces) all.push(piece.slice());
      held.set(name, new Uint8Array(Buffer.concat(all)));
    },
    read: async (name) => held.get(name)?.slice(),
    readLong: async (name) => {
      const bytes = held.get(name);
      return (
        bytes &&
        (async function* () {
          yield bytes.slice();
        })()
      );
    },
    stat: async (name) => {
      const bytes = held.get(name);
      return bytes && { storedBytes: bytes.length, writtenUs: 0 };
    },
    list: async (prefix) => [...held.keys()].filter((name) => name.startsWith(prefix)).sort(),
    remove: async (name) => void held.delete(name),
    touch: async () => {},
    sweep: async () => {},
    where: () => "in memory",
  };
}

/** Objects in memory, for tests and for vaults that need not survive. */
export function memoryObjects(): ObjectStore {
  return objectStore(memoryBlobs());
}
