/**
 * C_DecapsulateKey of PKCS#11 3.2. pkcs11js knows the functions of 2.40 alone, so this one is found through C_GetInterface
 * and called by koffi, an optional plug-in. Both hold the same library, so sessions and keys are the same too.
 */
import { createRequire } from "node:module";
import type { Handle } from "./binding.ts";
import { CKA, CKK_GENERIC_SECRET, CKM, CKO } from "./codes.ts";

/** Opens a ciphertext into a secret key of the session, and returns its handle. */
export type DecapsulateCall = (session: Handle, key: Handle, ciphertext: Uint8Array) => Handle;

interface Koffi {
  load(path: string): { func(prototype: string): (...given: readonly unknown[]) => unknown };
  view(pointer: unknown, bytes: number): ArrayBuffer;
  address(memory: Uint8Array): bigint;
  proto(prototype: string): object;
  call(pointer: bigint, prototype: object, ...given: readonly unknown[]): unknown;
}

const require = createRequire(import.meta.url);
const INTERFACE = "PKCS 11";
/** Where the call is in CK_FUNCTION_LIST_3_2: after the version, 68 functions of 2.40, 24 of 3.0 and C_EncapsulateKey. */
const CALL_AT = 8 + 8 * (68 + 24 + 1);
const WORD_BYTES = 8;

function word(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(WORD_BYTES);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** What the secret is to be: of this session alone, and readable, since it is the answer. */
const WANTED: readonly (readonly [number, Buffer])[] = [
  [CKA.CLASS, word(CKO.SECRET_KEY)],
  [CKA.KEY_TYPE, word(CKK_GENERIC_SECRET)],
  [CKA.VALUE_LEN, word(32)],
  [CKA.TOKEN, Buffer.from([0])],
  [CKA.SENSITIVE, Buffer.from([0])],
  [CKA.EXTRACTABLE, Buffer.from([1])],
];

/** The call of a library that is loaded already; `undefined` where the library is older than 3.2. */
export function findDecapsulate(plugin: string, library: string): DecapsulateCall | undefined {
  // The structures below are those of 64-bit Unix; Windows packs them and has words of 4 bytes.
  if (process.platform === "win32" || !["x64", "arm64"].includes(process.arch)) return undefined;
  const koffi = require(plugin) as Koffi;
  const address = functionAddress(koffi, library);
  if (address === undefined) return undefined;
  const prototype = koffi.proto(
    "uint64_t (uint64_t session, const void *mechanism, uint64_t key, const void *template, uint64_t attributes, const void *ciphertext, uint64_t bytes, void *made)",
  );
  return (session, key, ciphertext) => {
    const mechanism = Buffer.concat([word(CKM.ML_KEM), word(0), word(0)]);
    const template = Buffer.concat(
      WANTED.flatMap(([type, value]) => [word(type), word(koffi.address(value)), word(value.length)]),
    );
    const given = Buffer.from(ciphertext);
    const made = word(0);
    const [openSession, privateKey] = [session, key].map((one) => Buffer.from(one).readBigUInt64LE());
    const arguments_ = [
      openSession,
      mechanism,
      privateKey,
      template,
      WANTED.length,
      given,
      given.length,
      made,
    ];
    const code = Number(koffi.call(address, prototype, ...arguments_));
    if (code !== 0) throw Object.assign(new Error(`C_DecapsulateKey: 0x${code.toString(16)}`), { code });
    return made;
  };
}

function functionAddress(koffi: Koffi, library: string): bigint | undefined {
  let getInterface: (...given: readonly unknown[]) => unknown;
  try {
    getInterface = koffi
      .load(library)
      .func(
        "uint64_t C_GetInterface(const char *name, const void *version, _Out_ void **found, uint64_t flags)",
      );
  } catch {
    return undefined; // A library of PKCS#11 2.40 has no such function.
  }
  const found: unknown[] = [null];
  if (Number(getInterface(INTERFACE, Buffer.from([3, 2]), found, 0)) !== 0 || !found[0]) return undefined;
  // CK_INTERFACE: its name, its functions, flags.
  const functions = wordAt(koffi, found[0], WORD_BYTES);
  if (functions === 0n) return undefined;
  const [major, minor] = new Uint8Array(koffi.view(functions, 2));
  if (major !== 3 || minor !== 2) return undefined;
  const call = wordAt(koffi, functions, CALL_AT);
  return call === 0n ? undefined : call;
}

function wordAt(koffi: Koffi, pointer: unknown, offset: number): bigint {
  return Buffer.from(koffi.view(pointer, offset + WORD_BYTES)).readBigUInt64LE(offset);
}
