/** Keys that single files are encrypted with, as the engine asks for them: it never sees what wraps them. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { ArqonError, concatBytes, type Entropy, utf8 } from "@arqon/core/base";

/** A new key and what a file keeps of it. */
export interface FileKey {
  /** 32 random bytes. Who takes them wipes them. */
  readonly key: Uint8Array;
  readonly wrapped: Uint8Array;
}

/** Makes and opens the keys of files. `context` says which file; a key opens only with that of its making. */
export interface FileKeys {
  /** A fresh key, wrapped by the newest wrapping key. */
  create(context: string): Promise<FileKey>;
  /** @throws ArqonError `SEAL_BROKEN` when it was altered or is another file's, `KEY_UNKNOWN` when its wrapping key is gone. */
  open(wrapped: Uint8Array, context: string): Promise<Uint8Array>;
  /** Whether the newest wrapping key wrapped it; after a rotation files of older ones are not written to any more. */
  isNewest(wrapped: Uint8Array): Promise<boolean>;
}

/** Longest wrapped key a file keeps. */
export const MAX_WRAPPED_BYTES = 4096;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Keys of files under a wrapping key that the caller holds, e.g. of a test. */
export function wrappingKeys(wrappingKey: Uint8Array, entropy: Entropy): FileKeys {
  return {
    async create(context) {
      const key = entropy(32);
      const nonce = entropy(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", wrappingKey, nonce).setAAD(utf8(context));
      return { key, wrapped: concatBytes(nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()) };
    },
    async open(wrapped, context) {
      try {
        const nonce = wrapped.subarray(0, NONCE_BYTES);
        const decipher = createDecipheriv("aes-256-gcm", wrappingKey, nonce, { authTagLength: TAG_BYTES });
        decipher.setAAD(utf8(context)).setAuthTag(wrapped.subarray(-TAG_BYTES));
        return concatBytes(decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final());
      } catch (cause) {
        throw new ArqonError("SEAL_BROKEN", `the key of "${context}" was altered or is another's`, { cause });
      }
    },
    isNewest: async () => true,
  };
}
