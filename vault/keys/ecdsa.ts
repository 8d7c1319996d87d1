import { concatBytes } from "@arqon/core/base";

/** DER of an ECDSA P-256 signature from its two numbers of 32 bytes, as other tools want it. */
export function derSignature(raw: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array): Uint8Array => {
    const from = bytes.findIndex((byte) => byte !== 0);
    const short = from < 0 ? Uint8Array.of(0) : bytes.subarray(from);
    const value = (short[0] as number) >= 0x80 ? concatBytes(Uint8Array.of(0), short) : short;
    return concatBytes(Uint8Array.of(2, value.length), value);
  };
  const body = concatBytes(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  return concatBytes(Uint8Array.of(0x30, body.length), body);
}
