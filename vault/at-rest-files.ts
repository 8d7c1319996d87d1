/** Keys of files that others write and encrypt, e.g. the segments of a message log: made and opened here, wrapped there. */
import {
  ArqonError,
  canonicalJson,
  type Entropy,
  fromBase64,
  fromUtf8,
  jsonObject,
  parseJson,
  toBase64,
  utf8,
} from "@arqon/core/base";
import type { DataKeys } from "./sealed/index.ts";

/** Makes and opens keys of files. `context` says which file; a key opens only with that of its making. */
export interface FileKeys {
  /** 32 random bytes, and what the file keeps of them: they are wrapped by the newest active key for that. */
  create(context: string): Promise<{ readonly key: Uint8Array; readonly wrapped: Uint8Array }>;
  /** @throws ArqonError `SEAL_BROKEN` when it was altered or is another file's, `KEY_UNKNOWN` when its wrapping key is gone. */
  open(wrapped: Uint8Array, context: string): Promise<Uint8Array>;
  /** Whether the newest active key wrapped it. */
  isNewest(wrapped: Uint8Array): Promise<boolean>;
}

/** Keys of this vault's own files. */
export interface OwnFileKeys extends FileKeys {
  /** The same key, wrapped by the newest. @throws ArqonError as {@link FileKeys.open} */
  renew(wrapped: Uint8Array, context: string): Promise<Uint8Array>;
}

/** Keys of files under the keys that wrap those of objects. */
export function fileKeysOf(keys: DataKeys, entropy: Entropy): OwnFileKeys {
  const wrap = async (key: Uint8Array, context: string): Promise<Uint8Array> => {
    const { keyId, wrapped } = await keys.wrap(key, context);
    return utf8(canonicalJson({ kek: keyId, wrapped: toBase64(wrapped) }));
  };
  const open: FileKeys["open"] = (wrapped, context) => {
    const { kek, key } = parse(wrapped, context);
    return keys.unwrap(kek, key, context);
  };
  return {
    open,
    async create(context) {
      const key = entropy(32);
      return { key, wrapped: await wrap(key, context) };
    },
    async renew(wrapped, context) {
      const key = await open(wrapped, context);
      return wrap(key, context).finally(() => key.fill(0));
    },
    isNewest: async (wrapped) => keys.isNewest(parse(wrapped, "a file").kek),
  };
}

function parse(wrapped: Uint8Array, context: string): { readonly kek: string; readonly key: Uint8Array } {
  try {
    const { kek, wrapped: key } = jsonObject(parseJson(fromUtf8(wrapped), "a wrapped key"), "a wrapped key");
    if (typeof kek !== "string" || typeof key !== "string") throw new TypeError("a field is not a text");
    return { kek, key: fromBase64(key) };
  } catch (cause) {
    throw new ArqonError("SEAL_BROKEN", `the wrapped key of ${context} is damaged`, {
      cause,
    });
  }
}
