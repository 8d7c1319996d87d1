/** SHA-256, by the runtime's own implementation where it has a synchronous one. */
import { sha256 as portable } from "@noble/hashes/sha2.js";
import { concatBytes, fromHex, toHex, utf8 } from "./bytes.ts";

type Bytes = Uint8Array<ArrayBufferLike>;
interface NodeCrypto {
  createHash(algorithm: string): { update(data: Bytes): unknown; digest(): Bytes };
  hash(algorithm: string, data: Bytes | string, encoding: "hex"): string;
}

const builtin = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process;
const native = builtin?.getBuiltinModule?.("node:crypto") as NodeCrypto | undefined;

/** The runtime makes 32 bytes from digits without a buffer beside them, where it can. */
const fromDigits = (Uint8Array as { fromHex?: (digits: string) => Uint8Array }).fromHex ?? fromHex;

/** SHA-256 of the concatenation of `parts`; 32 bytes. */
export function sha256(...parts: Bytes[]): Uint8Array {
  const data = parts.length === 1 ? (parts[0] as Bytes) : concatBytes(...parts);
  return native ? fromDigits(native.hash("sha256", data, "hex")) : portable(data);
}

/** SHA-256 of `data` as 64 lower-case hexadecimal digits. */
export function sha256Hex(...parts: Bytes[]): string {
  return native && parts.length === 1
    ? native.hash("sha256", parts[0] as Bytes, "hex")
    : toHex(sha256(...parts));
}

/** The same of the UTF-8 bytes of a text. */
export function sha256HexOfText(text: string): string {
  return native ? native.hash("sha256", text, "hex") : sha256Hex(utf8(text));
}

/** A hash made piece by piece; `digest` ends it. */
export interface Hasher {
  update(part: Bytes): void;
  digest(): Uint8Array;
}

/** SHA-256 of what is given to it, in order. */
export function sha256Hasher(): Hasher {
  const hash = native ? native.createHash("sha256") : portable.create();
  return { update: (part) => void hash.update(part), digest: () => new Uint8Array(hash.digest()) };
}
