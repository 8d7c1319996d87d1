/**
 * A batch as it lies in an encrypted segment: the header stays clear, the records go into one AES-256-GCM box.
 *
 * Clear are sequences, lengths, times and counts, so that a log is checked, recovered, searched and trimmed without a key;
 * topics, payloads and even checksums of records are in the box. The box authenticates its batch's header, and with it the
 * chain over everything before. The chain itself is over what lies on the disk, never over plain text.
 *
 * Every file has a random key of its own and every box a random nonce of 96 bits. Neither follows from a sequence, an offset
 * or a counter, so a torn tail that is written anew, a write that failed and is tried again, or a disk that was set back to
 * an older copy never puts other bytes under a nonce that was used. A file has at most 2^23 boxes (1 GiB of at least 148 bytes), so
 * that two of one key share a nonce with a chance below 2^-50; what is cut and written again counts as boxes too.
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import type { Entropy } from "@arqon/core/base";
import { BATCH_HEADER_BYTES, type BatchHeader, type Mark } from "./batch.ts";
import { getU64, putU64 } from "./record.ts";

// A boxed body: u64 latest time of its records | 12 nonce | records, encrypted | 16 tag.
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 8 + NONCE_BYTES;
/** Bytes a box takes besides its records. */
export const BOX_BYTES: number = HEAD_BYTES + TAG_BYTES;
/** Where the part of a batch's header begins that a box authenticates: behind magic, checksum and chain hash. */
const AUTHENTICATED_FROM = 40;
/** Larger memory is not kept for the next box. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** Encrypted at once: what comes out is copied while it is still near, and its memory is used again. */
const PIECE_BYTES = 256 * 1024;
const ALGORITHM = "aes-256-gcm";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Closes and opens the boxes of one file, on this thread: at 6 GB/s the way to another and back costs several times as much.
 */
export class BatchBox {
  readonly #key: KeyObject;
  readonly #entropy: Entropy;
  #memory: Bytes = new Uint8Array(0);

  /** @param key  32 bytes, wiped before this returns. */
  constructor(key: Uint8Array, entropy: Entropy) {
    this.#key = createSecretKey(key);
    this.#entropy = entropy;
    key.fill(0);
  }

  /** Memory for a batch of these records, up to its body. It is used again for the next batch. */
  room(recordBytes: number): Bytes {
    const length = BATCH_HEADER_BYTES + BOX_BYTES + recordBytes;
    if (length > KEPT_BYTES) return new Uint8Array(length);
    if (this.#memory.length < length)
      this.#memory = new Uint8Array(Math.max(length, 2 * this.#memory.length));
    return this.#memory.subarray(0, length);
  }

  /** Closes `records` into `out`, which begins with the batch's header. */
  close(out: Bytes, latestTime: number, records: Bytes): void {
    putU64(out, BATCH_HEADER_BYTES, latestTime);
    const nonce = this.#entropy(NONCE_BYTES);
    const at = BATCH_HEADER_BYTES + HEAD_BYTES;
    out.set(nonce, at - NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(out.subarray(AUTHENTICATED_FROM, at));
    for (let done = 0; done < records.length; done += PIECE_BYTES)
      out.set(cipher.update(records.subarray(done, done + PIECE_BYTES)), at + done);
    cipher.final();
    out.set(cipher.getAuthTag(), out.length - TAG_BYTES);
  }

  /** The records of the batch at `at`; `undefined` unless all of it is what was closed with this file's key. */
  open(bytes: Bytes, at: number, { bodyBytes }: BatchHeader): Bytes | undefined {
    const from = at + BATCH_HEADER_BYTES + HEAD_BYTES;
    const end = at + BATCH_HEADER_BYTES + bodyBytes;
    if (bodyBytes < BOX_BYTES || end > bytes.length) return undefined;
    const nonce = bytes.subarray(from - NONCE_BYTES, from);
    try {
      const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(bytes.subarray(at + AUTHENTICATED_FROM, from));
      decipher.setAuthTag(bytes.subarray(end - TAG_BYTES, end));
      const records = decipher.update(bytes.subarray(from, end - TAG_BYTES));
      decipher.final();
      return new Uint8Array(records.buffer, records.byteOffset, records.length);
    } catch {
      return undefined;
    }
  }
}

/** What a boxed batch says of itself without its key; `undefined` when it is too short for a box. */
export function boxedMarks(
  bytes: Uint8Array,
  at: number,
  header: BatchHeader,
): { readonly marks: readonly Mark[]; readonly latestTime: number } | undefined {
  if (header.bodyBytes < BOX_BYTES) return undefined;
  return { marks: firstMark(header), latestTime: getU64(bytes, at + BATCH_HEADER_BYTES) };
}

/** A reader of boxed batches starts from one's header, never inside. */
export function firstMark({
  records,
  firstSequence,
}: Pick<BatchHeader, "records" | "firstSequence">): Mark[] {
  return records > 0 ? [{ sequence: firstSequence, at: 0, timeBefore: 0 }] : [];
}
