/**
 * Texts of an index that lie in somebody else's database: encrypted, so that equal ones can be found without being read.
 *
 * AES-256-GCM whose nonce is a MAC of the text and of what it is (a synthetic nonce): the same text in the same place gives
 * the same bytes, so a column can be searched for it, and other texts have other nonces but with a chance below 2^-33 among
 * 2^32 of them. Whoever has the database sees which rows of a column are alike, and how long texts are.
 */
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { ArqonError, concatBytes, equalBytes, fromUtf8, utf8 } from "@arqon/core/base";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Covers and uncovers texts. `place` says what a text is: it is uncovered in that place alone. */
export interface Cover {
  cover(place: string, text: string): string;
  /** @throws ArqonError `SEAL_BROKEN` unless it was covered with this key for this place. */
  uncover(place: string, covered: string): string;
  /** A number that tells keys apart; never 0. */
  readonly check: number;
}

/** @param secret  32 bytes, of one index alone. */
export function coverWith(secret: Uint8Array): Cover {
  const derive = (what: string): Uint8Array =>
    createHmac("sha256", secret).update(`arqon index ${what}`).digest();
  const [box, mac, check] = [derive("box"), derive("nonce"), derive("check")] as const;
  const nonceOf = (place: string, text: Uint8Array): Uint8Array => {
    const head = utf8(`${utf8(place).length} ${place}`);
    return createHmac("sha256", mac).update(head).update(text).digest().subarray(0, NONCE_BYTES);
  };
  return {
    cover(place, text) {
      const plain = utf8(text);
      const nonce = nonceOf(place, plain);
      const cipher = createCipheriv("aes-256-gcm", box, nonce).setAAD(utf8(place));
      const covered = concatBytes(nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag());
      return Buffer.from(covered).toString("base64url");
    },
    uncover(place, covered) {
      try {
        const bytes = Buffer.from(covered, "base64url");
        const nonce = bytes.subarray(0, NONCE_BYTES);
        const decipher = createDecipheriv("aes-256-gcm", box, nonce, { authTagLength: TAG_BYTES });
        decipher.setAAD(utf8(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
        const plain = concatBytes(decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final());
        if (!equalBytes(nonceOf(place, plain), nonce)) throw new TypeError("its nonce is another text's");
        return fromUtf8(plain);
      } catch (cause) {
        throw new ArqonError(
          "SEAL_BROKEN",
          `the index: ${place.slice(0, 100)} was altered, or is under another key`,
          {
            cause,
            remedy: "Make the index anew with `arqon reindex`.",
          },
        );
      }
    },
    check: new DataView(check.buffer, check.byteOffset).getUint32(0) + 1,
  };
}
