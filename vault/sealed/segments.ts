/** Segments of a sealed file: AES-256-GCM under a key of the file's own, numbered, the last one marked (STREAM). */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from "node:crypto";
import { concatBytes, utf8 } from "@arqon/core/base";
import { broken, PREFIX_BYTES, SEGMENT_BYTES, type SealedHeader, TAG_BYTES } from "./header.ts";

const LABEL = utf8("arqon.sealed.v1 ");
const MAX_SEGMENTS = 2 ** 32;

/** The file's key follows from the data key and every byte of the header. */
function fileKey(dataKey: Uint8Array, header: SealedHeader): Uint8Array {
  const info = concatBytes(LABEL, createHash("sha256").update(header.bytes).digest());
  return new Uint8Array(hkdfSync("sha256", dataKey, header.salt, info, 32));
}

function nonceOf(prefix: Uint8Array, index: number, last: boolean): Uint8Array {
  if (index >= MAX_SEGMENTS) broken(`it has more than ${MAX_SEGMENTS} segments`);
  const nonce = new Uint8Array(12);
  nonce.set(prefix);
  new DataView(nonce.buffer).setUint32(PREFIX_BYTES, index);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/** Turns bytes, in pieces of any size, into whole segments. One full segment is held back: it may be the last. */
abstract class Segmenter {
  readonly #size: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #index = 0;
  protected readonly key: Uint8Array;
  protected readonly prefix: Uint8Array;

  constructor(dataKey: Uint8Array, header: SealedHeader, size: number) {
    this.key = fileKey(dataKey, header);
    this.prefix = header.prefix;
    this.#size = size;
  }

  protected abstract turn(piece: Uint8Array, nonce: Uint8Array): Uint8Array;

  /** What can be given out after `bytes` came. */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes <= this.#size) return [];
    const all = concatBytes(...this.#held);
    const done: Uint8Array[] = [];
    let at = 0;
    for (; all.length - at > this.#size; at += this.#size)
      done.push(this.turn(all.subarray(at, at + this.#size), nonceOf(this.prefix, this.#index++, false)));
    this.#held = [all.slice(at)];
    this.#heldBytes = all.length - at;
    return done;
  }

  /** The last segment; afterwards the key is gone. */
  end(): Uint8Array {
    const last = this.turn(concatBytes(...this.#held), nonceOf(this.prefix, this.#index, true));
    this.key.fill(0);
    return last;
  }
}

/** Encrypts. */
export class Sealer extends Segmenter {
  constructor(dataKey: Uint8Array, header: SealedHeader) {
    super(dataKey, header, SEGMENT_BYTES);
  }

  protected override turn(piece: Uint8Array, nonce: Uint8Array): Uint8Array {
    const cipher = createCipheriv("aes-256-gcm", this.key, nonce);
    return concatBytes(cipher.update(piece), cipher.final(), cipher.getAuthTag());
  }
}

/** Decrypts. Nothing of a segment is given out before its tag was checked; whether the file is whole only `end` tells. */
export class Opener extends Segmenter {
  constructor(dataKey: Uint8Array, header: SealedHeader) {
    super(dataKey, header, SEGMENT_BYTES + TAG_BYTES);
  }

  protected override turn(piece: Uint8Array, nonce: Uint8Array): Uint8Array {
    if (piece.length < TAG_BYTES) broken("it was cut");
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(piece.subarray(-TAG_BYTES));
      return concatBytes(decipher.update(piece.subarray(0, -TAG_BYTES)), decipher.final());
    } catch (cause) {
      return broken("a segment was altered, moved or cut", cause);
    }
  }
}
