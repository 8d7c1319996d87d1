/** UTF-8 that comes in pieces, refused at the first byte that cannot belong to it. */
import { isUtf8 } from "node:buffer";

/** Checks one text at a time. */
export class Utf8Check {
  /** Continuation bytes the present character still needs. */
  #needed = 0;
  /** What the next continuation byte may be: narrower after some lead bytes (RFC 3629, section 4). */
  #low = 0x80;
  #high = 0xbf;

  /** Takes the next bytes of the text. Returns false as soon as they cannot be UTF-8; the check is then spent. */
  feed(bytes: Uint8Array): boolean {
    let at = 0;
    while (this.#needed > 0 && at < bytes.length) if (!this.#continue(bytes[at++] as number)) return false;
    // The last character may be cut: everything before it is checked by the runtime, at memory speed.
    let tail = bytes.length;
    while (tail > at && tail > bytes.length - 3 && ((bytes[tail - 1] as number) & 0xc0) === 0x80) tail--;
    if (tail > at && (bytes[tail - 1] as number) >= 0xc0) tail--;
    else tail = bytes.length;
    if (tail > at && !isUtf8(bytes.subarray(at, tail))) return false;
    for (at = Math.max(at, tail); at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (!(this.#needed > 0 ? this.#continue(byte) : this.#lead(byte))) return false;
    }
    return true;
  }

  /** Ends the text: whether its last character is whole. Ready for the next text. */
  end(): boolean {
    const whole = this.#needed === 0;
    this.#needed = 0;
    this.#low = 0x80;
    this.#high = 0xbf;
    return whole;
  }

  #lead(byte: number): boolean {
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte === 0xe0) this.#low = 0xa0;
    else if (byte === 0xed) this.#high = 0x9f;
    else if (byte === 0xf0) this.#low = 0x90;
    else if (byte === 0xf4) this.#high = 0x8f;
    return true;
  }

  #continue(byte: number): boolean {
    if (byte < this.#low || byte > this.#high) return false;
    this.#needed--;
    this.#low = 0x80;
    this.#high = 0xbf;
    return true;
  }
}
