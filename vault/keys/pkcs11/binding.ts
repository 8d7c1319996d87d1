/** pkcs11js, as far as it is used here. It is an optional plug-in: it needs a compiler, so it is loaded only when asked for. */
import { createRequire } from "node:module";
import { ArqonError } from "@arqon/core/base";

/** A mechanism and its parameter, e.g. of AES-GCM. */
export interface Mechanism {
  readonly mechanism: number;
  readonly parameter?: object;
}

/** One attribute of an object of the token. */
export interface Attribute {
  readonly type: number;
  readonly value?: number | string | boolean | Uint8Array;
}

/** Sessions and objects are opaque bytes. */
export type Handle = Uint8Array;

/** The calls of PKCS#11 2.40 that are used. */
export interface Pkcs11 {
  load(path: string): void;
  C_Initialize(options: { readonly flags: number; readonly libraryParameters?: string }): void;
  C_Finalize(): void;
  C_GetSlotList(withToken: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): { readonly label: string; readonly flags: number };
  C_GetMechanismList(slot: Handle): number[];
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, user: number, pin: string): void;
  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void;
  C_FindObjects(session: Handle, most: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, wanted: readonly Attribute[]): { value: Buffer }[];
  C_GenerateKey(session: Handle, mechanism: Mechanism, template: readonly Attribute[]): Handle;
  C_GenerateKeyPair(
    session: Handle,
    mechanism: Mechanism,
    publicTemplate: readonly Attribute[],
    privateTemplate: readonly Attribute[],
  ): { readonly publicKey: Handle; readonly privateKey: Handle };
  C_DestroyObject(session: Handle, object: Handle): void;
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Sign(session: Handle, message: Uint8Array, room: Buffer): Buffer;
  C_EncryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Encrypt(session: Handle, plain: Uint8Array, room: Buffer): Buffer;
  C_DecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Decrypt(session: Handle, sealed: Uint8Array, room: Buffer): Buffer;
}

const require = createRequire(import.meta.url);
const REMEDY =
  "Install the plug-in: npm install --no-save pkcs11js (it needs a C++ compiler; npm 11.19 and later also want `npm install-scripts approve pkcs11js`).";

function missing(cause: unknown): never {
  throw new ArqonError("KEYSTORE_UNAVAILABLE", "the plug-in pkcs11js is not installed, or does not load", {
    cause,
    remedy: REMEDY,
  });
}

/** Where the plug-in is that calls what pkcs11js does not, e.g. PKCS#11 3.2; `undefined` when it is not installed. */
export function findKoffi(): string | undefined {
  try {
    return require.resolve("koffi");
  } catch {
    return undefined;
  }
}

/** Where the plug-in is. @throws ArqonError `KEYSTORE_UNAVAILABLE` when it is not installed. */
export function findPkcs11(): string {
  try {
    return require.resolve("pkcs11js");
  } catch (cause) {
    return missing(cause);
  }
}

/** Loads the plug-in and, through it, the token's library. */
export function loadPkcs11(plugin: string, library: string): Pkcs11 {
  let binding: { readonly PKCS11: new () => Pkcs11 };
  try {
    binding = require(plugin) as typeof binding;
  } catch (cause) {
    return missing(cause);
  }
  const pkcs11 = new binding.PKCS11();
  try {
    pkcs11.load(library);
  } catch (cause) {
    throw new ArqonError("KEYSTORE_UNAVAILABLE", `${library} is not a PKCS#11 library that can be loaded`, {
      cause,
    });
  }
  return pkcs11;
}
