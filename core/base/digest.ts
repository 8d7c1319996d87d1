/** SHA-256, by the runtime's own implementation where it has a synchronous one. */
import { sha256 as portable } from "@noble/hashes/sha2.js";
import { concatBytes, toHex } from "./bytes.ts";

type Bytes = Uint8Array<ArrayBufferLike>;
interface NodeCrypto {
  createHash(algorithm: string): { update(data: Bytes): unknown; digest(): Bytes };
  hash(algorithm: string, data: Bytes, encoding: "buffer"): Bytes;
  hash(algorithm: string, data: Bytes, encoding: "hex"): string;
}

const builtin = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process;
const native = builtin?.getBuiltinModule?.("node:crypto") as NodeCrypto | undefined;

/** SHA-256 of the concatenation of `parts`; 32 bytes. */
export function sha256(...parts: Bytes[]): Uint8Array {
  const data = parts.length === 1 ? (parts[0] as Bytes) : concatBytes(...parts);
  return native ? new Uint8Array(native.hash("sha256", data, "buffer")) : portable(data);
}

/** SHA-256 of `data` as 64 lower-case hexadecimal digits. */
export function sha256Hex(...parts: Bytes[]): string {
  return native && parts.length === 1
    ? native.hash("sha256", parts[0] as Bytes, "hex")
    : toHex(sha256(...parts));
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
