/** Data keys of encrypted objects, wrapped by the vault's own key for that. */
import { pipeline, Readable, type Transform } from "node:stream";
import { ArqonError, concatBytes, type Entropy, equalBytes, sha256Hex, toHex } from "@arqon/core/base";
import type { KeyInfo, Keystore } from "./keys/index.ts";
import type { EntryCodec } from "./ledger/index.ts";
import type { UseMeter } from "./meter.ts";
import type { ObjectCodec } from "./objects/index.ts";
import {
  type DataKeys,
  headerIn,
  MAGIC,
  MAX_HEAD_BYTES,
  openingStream,
  openWhole,
  sealedHead,
  sealingAgain,
  sealWhole,
} from "./sealed/index.ts";

/** Label of the key that wraps data keys. */
export const AT_REST_LABEL = "at-rest";

/** The key that wraps data keys now. */
export function newestKey(keystore: Keystore): KeyInfo | undefined {
  return keystore.list().findLast(({ label, state }) => label === AT_REST_LABEL && state === "active");
}

/** Data keys under the newest active key for them; ones wrapped by a retired key still open. With `meter`, uses are counted. */
export function dataKeysOf(keystore: Keystore, meter?: UseMeter): DataKeys {
  const count = (key: string, operation: "wrap" | "unwrap"): void =>
    meter?.count({ key, operation, purpose: AT_REST_LABEL, tenant: "local" });
  return {
    async wrap(dataKey, context) {
      const key = newestKey(keystore);
      if (!key)
        throw new ArqonError(
          "KEY_UNKNOWN",
          `the keystore has no active key "${AT_REST_LABEL}" to encrypt with`,
        );
      count(key.keyId, "wrap");
      return { keyId: key.keyId, wrapped: await keystore.wrap(key.keyId, dataKey, context) };
    },
    unwrap(keyId, wrapped, context) {
      count(keyId, "unwrap");
      return keystore.unwrap(keyId, wrapped, context);
    },
    isNewest: (keyId) => newestKey(keystore)?.keyId === keyId,
  };
}

/** Whether what starts so is sealed as that, under the newest key. */
function isSealedNow(start: Uint8Array, keys: DataKeys, context: string): boolean {
  const header = headerIn(start);
  return header !== undefined && header.context === context && keys.isNewest(header.keyId);
}

/** Entries of a log as they lie on the disk of a vault that encrypts. */
export function entryCodec(keys: DataKeys, entropy: Entropy): EntryCodec {
  const contextOf = (leaf: Uint8Array): string => `ledger entry ${toHex(leaf)}`;
  return {
    encode: (entry, leaf) => sealWhole(entry, keys, contextOf(leaf), entropy),
    async decode(stored, leaf) {
      const isPlain = !equalBytes(stored.subarray(0, MAGIC.length), MAGIC);
      if (isPlain) return stored;
      return openWhole(stored, keys, contextOf(leaf)).catch((thrown) => {
        if (ArqonError.from(thrown).code === "SEAL_BROKEN") return stored;
        throw thrown;
      });
    },
    isCurrent: (stored, leaf) => isSealedNow(stored, keys, contextOf(leaf)),
  };
}

/** Objects as they lie on the disk of a vault that encrypts. Ones stored before it did are read as they are. */
export function sealedCodec(keys: DataKeys, entropy: Entropy): ObjectCodec {
  const contextOf = (digest: string): string => `object sha256:${digest}`;
  return {
    encode: (bytes, digest) => sealWhole(bytes, keys, contextOf(digest), entropy),
    async decode(stored, digest) {
      if (sha256Hex(stored) === digest) return stored;
      return openWhole(stored, keys, contextOf(digest));
    },
    headLong: (digest) => sealedHead(keys, contextOf(digest), entropy),
    takesHead: async (head, digest) =>
      isSealedNow(head, keys, contextOf(digest)) &&
      sealingAgain(keys, contextOf(digest), head).then(
        () => true,
        () => false,
      ),
    async *encodeLong(bytes, digest, head) {
      yield* through(bytes, await sealingAgain(keys, contextOf(digest), head));
    },
    async *decodeLong(stored, digest) {
      const pieces = stored[Symbol.asyncIterator]();
      const start = await startOf(pieces);
      const rest = restOf(start, pieces);
      // A sealed file may be an object itself, which lies here as it was given: it is sealed as something else.
      const isPlain = headerIn(start)?.context !== contextOf(digest);
      if (isPlain) yield* rest;
      else yield* through(rest, openingStream(keys, contextOf(digest)));
    },
    isCurrent: (start, digest) => isSealedNow(start, keys, contextOf(digest)),
  };
}

/** As many bytes as a head may have, or all there are. */
async function startOf(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let bytes = 0; bytes < MAX_HEAD_BYTES; ) {
    const next = await pieces.next();
    if (next.done) break;
    parts.push(next.value);
    bytes += next.value.length;
  }
  return concatBytes(...parts);
}

async function* restOf(start: Uint8Array, pieces: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield start;
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
  } finally {
    await pieces.return?.();
  }
}

/** What comes out of `transform`; an error of either side is an error of this one. */
async function* through(bytes: AsyncIterable<Uint8Array>, transform: Transform): AsyncIterable<Uint8Array> {
  pipeline(Readable.from(bytes), transform, () => {});
  yield* transform;
}
