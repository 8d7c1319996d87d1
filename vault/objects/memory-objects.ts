import { sha256Hex } from "@arqon/core/base";
import { type ObjectStore, requireDigest, requirePrefix } from "./object-store.ts";

/** Objects in memory, for tests and for vaults that need not survive. */
export function memoryObjects(): ObjectStore {
  const held = new Map<string, Uint8Array>();
  return {
    put: async (objects) =>
      objects.map((bytes) => {
        const digest = sha256Hex(bytes);
        if (!held.has(digest)) held.set(digest, bytes.slice());
        return digest;
      }),
    get: async (digest) => held.get(requireDigest(digest))?.slice(),
    has: async (digest) => held.has(requireDigest(digest)),
    list: async (prefix) =>
      [...held.keys()].filter((digest) => digest.startsWith(requirePrefix(prefix))).sort(),
    delete: async (digest) => void held.delete(requireDigest(digest)),
    sweep: async () => {},
  };
}
