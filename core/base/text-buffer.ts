/** Many texts as UTF-8 in one buffer. */
import { utf8 } from "./bytes.ts";

const encoder = new TextEncoder();
const ROOM_BYTES = 1 << 15;

/**
 * Texts one behind the other. An array of its own for each costs more than writing it, once more when it is freed; but
 * whoever keeps one of these keeps all.
 */
export class TextBuffer {
  #room = new Uint8Array(ROOM_BYTES);

  /** As `utf8`. */
  encode(text: string): Uint8Array {
    if (text.length > this.#room.length) {
      if (text.length > ROOM_BYTES / 2) return utf8(text);
      this.#room = new Uint8Array(ROOM_BYTES);
    }
    const { read, written } = encoder.encodeInto(text, this.#room);
    // Beyond ASCII it may be longer than it looked.
    if (read < text.length) return utf8(text);
    const bytes = this.#room.subarray(0, written);
    this.#room = this.#room.subarray(written);
    return bytes;
  }
}
