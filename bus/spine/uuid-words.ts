/** A UUID as four words, read without making an object. */

/** Digits of a UUID by their character code; 255: none. */
const DIGIT = new Uint8Array(128).fill(255);
for (let i = 0; i < 16; i++) {
  DIGIT["0123456789abcdef".charCodeAt(i)] = i;
  DIGIT["0123456789ABCDEF".charCodeAt(i)] = i;
}

const DASH = 0x2d;

/** Four words of an id, most significant first. */
export type IdWords = Uint32Array;

/** Reads the UUID whose 36 characters `id` is. Returns false when it is none. */
export function readId(id: string, into: IdWords): boolean {
  if (id.length !== 36) return false;
  let digits = 0;
  let word = 0;
  for (let at = 0; at < 36; at++) {
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (id.charCodeAt(at) !== DASH) return false;
      continue;
    }
    const digit = DIGIT[id.charCodeAt(at)] ?? 255;
    if (digit === 255) return false;
    word = (word << 4) | digit;
    if ((++digits & 7) === 0) into[(digits >> 3) - 1] = word;
  }
  return true;
}
