/** The head of a sealed file: magic, length, canonical JSON, salt and nonce prefix. All of it is bound into the file's key. */
import {
  ArqonError,
  canonicalJson,
  concatBytes,
  equalBytes,
  fromBase64,
  fromUtf8,
  jsonObject,
  parseJson,
  toBase64,
  utf8,
} from "@arqon/core/base";

/** "ARS" and the version of the format. */
export const MAGIC: Uint8Array = Uint8Array.of(0x41, 0x52, 0x53, 0x01);
/** Plaintext bytes of every segment but the last. */
export const SEGMENT_BYTES = 65_536;
/** Bytes of the tag behind every segment. */
export const TAG_BYTES = 16;
export const SALT_BYTES = 32;
export const PREFIX_BYTES = 7;
/** Most bytes the JSON of a header may have. */
export const MAX_HEADER_BYTES = 16_384;
/** Most bytes of a whole header. */
export const MAX_HEAD_BYTES: number = 8 + MAX_HEADER_BYTES + SALT_BYTES + PREFIX_BYTES;
const ALGORITHM = "AES-256-GCM-STREAM";

/** What a header says. */
export interface SealedHeader {
  /** Key that wrapped the data key. */
  readonly keyId: string;
  readonly wrapped: Uint8Array;
  /** What the file is, e.g. "object sha256:ab12...". The reader states what it expects. */
  readonly context: string;
  readonly salt: Uint8Array;
  readonly prefix: Uint8Array;
  /** The whole header as it stands in the file. */
  readonly bytes: Uint8Array;
}

export function broken(what: string, cause?: unknown): never {
  throw new ArqonError("SEAL_BROKEN", what, cause === undefined ? {} : { cause });
}

/** A header. @throws ArqonError `LIMIT_EXCEEDED` when its JSON would be too long. */
export function makeHeader(parts: Omit<SealedHeader, "bytes">): SealedHeader {
  const json = utf8(
    canonicalJson({
      alg: ALGORITHM,
      context: parts.context,
      kek: parts.keyId,
      segment: SEGMENT_BYTES,
      wrapped: toBase64(parts.wrapped),
    }),
  );
  if (json.length > MAX_HEADER_BYTES)
    throw new ArqonError(
      "LIMIT_EXCEEDED",
      `a sealed header of ${json.length} bytes, limit ${MAX_HEADER_BYTES}`,
    );
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length);
  return { ...parts, bytes: concatBytes(MAGIC, length, json, parts.salt, parts.prefix) };
}

/**
 * Bytes a header takes, from its first eight; `undefined` while there are fewer.
 * @throws ArqonError `SEAL_BROKEN` for another kind of file, or a length over the limit.
 */
export function headerLength(start: Uint8Array): number | undefined {
  const head = start.subarray(0, MAGIC.length);
  if (!equalBytes(head, MAGIC.subarray(0, head.length))) broken("it is not a sealed file");
  if (start.length < 8) return undefined;
  const json = new DataView(start.buffer, start.byteOffset).getUint32(4);
  if (json > MAX_HEADER_BYTES) broken(`its header says ${json} bytes, limit ${MAX_HEADER_BYTES}`);
  return 8 + json + SALT_BYTES + PREFIX_BYTES;
}

/** Reads a whole header. @throws ArqonError `SEAL_BROKEN`. */
export function parseHeader(bytes: Uint8Array): SealedHeader {
  const end = bytes.length - SALT_BYTES - PREFIX_BYTES;
  if (bytes.length < 8 || headerLength(bytes) !== bytes.length) broken("its header is cut");
  try {
    const text = fromUtf8(bytes.subarray(8, end));
    const object = jsonObject(parseJson(text, "sealed header"), "sealed header");
    const { alg, context, kek, segment, wrapped } = object;
    const known = Object.keys(object).length === 5 && alg === ALGORITHM && segment === SEGMENT_BYTES;
    if (!known || canonicalJson(object) !== text) throw new TypeError("it has another form");
    if (typeof context !== "string" || typeof kek !== "string" || typeof wrapped !== "string")
      throw new TypeError("a field is not a text");
    const salt = bytes.slice(end, end + SALT_BYTES);
    const prefix = bytes.slice(end + SALT_BYTES);
    return { keyId: kek, wrapped: fromBase64(wrapped), context, salt, prefix, bytes: bytes.slice() };
  } catch (cause) {
    return broken(`its header is damaged: ${(cause as Error).message}`, cause);
  }
}

/** The header of a file that starts so; `undefined` where it does not start with a whole one. */
export function headerIn(start: Uint8Array): SealedHeader | undefined {
  try {
    const length = headerLength(start);
    return length === undefined ? undefined : parseHeader(start.subarray(0, length));
  } catch {
    return undefined;
  }
}
