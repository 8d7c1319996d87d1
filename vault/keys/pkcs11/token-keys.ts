/** The keys in a PKCS#11 token, and what they do there. */
import { createHash } from "node:crypto";
import { ArqonError, concatBytes, utf8 } from "@arqon/core/base";
import { type KeyAlgorithm, operationOf } from "../algorithms.ts";
import { derSignature } from "../ecdsa.ts";
import type { KeyToken, TokenKey } from "../token.ts";
import type { Attribute, Handle, Mechanism, Pkcs11 } from "./binding.ts";
import { CK_PARAMS_AES_GCM, CKA, CKK_AES, CKM, CKO, CKR } from "./codes.ts";
import type { DecapsulateCall } from "./decapsulate.ts";
import { codeOf, guarded, opened } from "./failures.ts";
import { type PairKind, pairOf } from "./pairs.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** An open token, logged in. */
export class Token implements KeyToken {
  readonly #pkcs11: Pkcs11;
  readonly #session: Handle;
  readonly #mechanisms: ReadonlySet<number>;
  readonly #decapsulate: DecapsulateCall | undefined;

  constructor(
    pkcs11: Pkcs11,
    session: Handle,
    mechanisms: ReadonlySet<number>,
    decapsulate: DecapsulateCall | undefined,
  ) {
    this.#pkcs11 = pkcs11;
    this.#session = session;
    this.#mechanisms = mechanisms;
    this.#decapsulate = decapsulate;
  }

  supports(algorithm: KeyAlgorithm): boolean {
    const has = (...needed: number[]): boolean => needed.every((one) => this.#mechanisms.has(one));
    if (algorithm === "aes-256-gcm") return has(CKM.AES_KEY_GEN, CKM.AES_GCM);
    const kind = pairOf(algorithm);
    if (operationOf(algorithm) === "decapsulate" && !this.#decapsulate) return false;
    return kind !== undefined && has(kind.make, kind.use);
  }

  generate(algorithm: KeyAlgorithm, label: string, tokenId: string): TokenKey {
    const id = { type: CKA.ID, value: Buffer.from(tokenId, "hex") };
    const common: Attribute[] = [{ type: CKA.TOKEN, value: true }, { type: CKA.LABEL, value: label }, id];
    const secret: Attribute[] = [
      ...common,
      { type: CKA.PRIVATE, value: true },
      { type: CKA.SENSITIVE, value: true },
      { type: CKA.EXTRACTABLE, value: false },
    ];
    const kind = pairOf(algorithm);
    return guarded(`the token makes no ${algorithm} key`, () => {
      if (!kind) return this.#makeAes(secret, tokenId);
      // The plug-in passes the newer two as bytes: a CK_BBOOL is one.
      const yes = { value: Buffer.from([1]) };
      return operationOf(algorithm) === "sign"
        ? this.#makePair(
            kind,
            [...common, { type: CKA.VERIFY, value: true }],
            [...secret, { type: CKA.SIGN, value: true }],
            tokenId,
          )
        : this.#makePair(
            kind,
            [...common, { type: CKA.ENCAPSULATE, ...yes }],
            [...secret, { type: CKA.DECAPSULATE, ...yes }],
            tokenId,
          );
    });
  }

  #makePair(kind: PairKind, publicly: Attribute[], privately: Attribute[], tokenId: string): TokenKey {
    const make = ([parameter, ...others]: readonly Attribute[]): Handle => {
      if (!parameter) throw new TypeError("no parameter says which key to make");
      try {
        return this.#pkcs11.C_GenerateKeyPair(
          this.#session,
          { mechanism: kind.make },
          [...publicly, parameter],
          privately,
        ).publicKey;
      } catch (cause) {
        if (codeOf(cause) !== CKR.DOMAIN_PARAMS_INVALID || others.length === 0) throw cause;
        return make(others);
      }
    };
    const publicKey = make(kind.parameters);
    // Curves give their point as a DER text of bytes; the post-quantum ones give the key itself.
    const type = kind.parameters[0]?.type === CKA.EC_PARAMS ? CKA.EC_POINT : CKA.VALUE;
    const [value] = this.#pkcs11.C_GetAttributeValue(this.#session, publicKey, [{ type }]);
    const raw = Uint8Array.from((value?.value ?? Buffer.alloc(0)).subarray(-kind.spki.bytes));
    if (raw.length !== kind.spki.bytes) throw new RangeError(`a public key of ${raw.length} bytes`);
    return { tokenId, spki: concatBytes(kind.spki.prefix, raw) };
  }

  #makeAes(secret: Attribute[], tokenId: string): TokenKey {
    this.#pkcs11.C_GenerateKey(this.#session, { mechanism: CKM.AES_KEY_GEN }, [
      ...secret,
      { type: CKA.CLASS, value: CKO.SECRET_KEY },
      { type: CKA.KEY_TYPE, value: CKK_AES },
      { type: CKA.VALUE_LEN, value: 32 },
      { type: CKA.ENCRYPT, value: true },
      { type: CKA.DECRYPT, value: true },
    ]);
    return {
      tokenId,
      spki: new Uint8Array(createHash("sha256").update(`arqon.token-key.v1 ${tokenId}`).digest()),
    };
  }

  #find(tokenId: string, type: number): Handle {
    const template = [
      { type: CKA.CLASS, value: type },
      { type: CKA.ID, value: Buffer.from(tokenId, "hex") },
    ];
    const [handle, another] = guarded("the token does not look for keys", () => this.#search(template));
    if (handle && !another) return handle;
    const found = handle ? "several keys" : "no key";
    throw new ArqonError("KEYSTORE_UNAVAILABLE", `the token has ${found} ${tokenId}`);
  }

  #search(template: readonly Attribute[]): readonly Handle[] {
    this.#pkcs11.C_FindObjectsInit(this.#session, template);
    try {
      return this.#pkcs11.C_FindObjects(this.#session, 3);
    } finally {
      this.#pkcs11.C_FindObjectsFinal(this.#session);
    }
  }

  sign(tokenId: string, algorithm: KeyAlgorithm, message: Uint8Array): Uint8Array {
    const kind = pairOf(algorithm);
    if (!kind) throw new TypeError(`a token does not sign with ${algorithm}`);
    const key = this.#find(tokenId, CKO.PRIVATE_KEY);
    const ecdsa = algorithm === "ecdsa-p256";
    const input = ecdsa ? createHash("sha256").update(message).digest() : Buffer.from(message);
    return guarded(`the token does not sign with key ${tokenId}`, () => {
      this.#pkcs11.C_SignInit(this.#session, { mechanism: kind.use }, key);
      const signature = this.#pkcs11.C_Sign(this.#session, input, Buffer.alloc(kind.outputBytes));
      return ecdsa ? derSignature(signature) : Uint8Array.from(signature);
    });
  }

  encrypt(tokenId: string, nonce: Uint8Array, plain: Uint8Array, context: string): Uint8Array {
    const key = this.#find(tokenId, CKO.SECRET_KEY);
    return guarded(`the token does not wrap with key ${tokenId}`, () => {
      const mechanism = gcm(nonce, context);
      this.#pkcs11.C_EncryptInit(this.#session, mechanism, key);
      const room = Buffer.alloc(plain.length + 2 * TAG_BYTES);
      const sealed = this.#pkcs11.C_Encrypt(this.#session, Buffer.from(plain), room);
      // Read after the token was done: AWS CloudHSM takes no nonce from outside, it writes its own here.
      return concatBytes(mechanism.parameter.iv, sealed);
    });
  }

  decrypt(tokenId: string, sealed: Uint8Array, context: string): Uint8Array {
    const key = this.#find(tokenId, CKO.SECRET_KEY);
    return opened(`what the token wrapped does not open for "${context.slice(0, 80)}"`, () => {
      if (sealed.length <= NONCE_BYTES + TAG_BYTES) throw new RangeError(`${sealed.length} bytes`);
      const mechanism = gcm(sealed.subarray(0, NONCE_BYTES), context);
      this.#pkcs11.C_DecryptInit(this.#session, mechanism, key);
      const room = Buffer.alloc(sealed.length + 2 * TAG_BYTES);
      const plain = this.#pkcs11.C_Decrypt(this.#session, Buffer.from(sealed.subarray(NONCE_BYTES)), room);
      const copy = Uint8Array.from(plain);
      room.fill(0);
      return copy;
    });
  }

  decapsulate(tokenId: string, algorithm: KeyAlgorithm, ciphertext: Uint8Array): Uint8Array {
    const [kind, decapsulate] = [pairOf(algorithm), this.#decapsulate];
    if (!kind || !decapsulate)
      throw new ArqonError("KEYSTORE_UNAVAILABLE", `key ${tokenId} is in the token; it needs koffi`, {
        remedy: "Install the plug-in: npm install --no-save koffi.",
      });
    const key = this.#find(tokenId, CKO.PRIVATE_KEY);
    return opened(`a ciphertext of ${ciphertext.length} bytes does not fit its key`, () => {
      if (ciphertext.length !== kind.outputBytes) throw new RangeError(`not ${kind.outputBytes} bytes`);
      const secret = decapsulate(this.#session, key, ciphertext);
      try {
        const [value] = this.#pkcs11.C_GetAttributeValue(this.#session, secret, [{ type: CKA.VALUE }]);
        if (value?.value.length !== 32) throw new RangeError("the token gave no secret of 32 bytes");
        return Uint8Array.from(value.value);
      } finally {
        this.#pkcs11.C_DestroyObject(this.#session, secret);
      }
    });
  }

  remove(tokenId: string): void {
    guarded(`the token does not take back key ${tokenId}`, () => {
      const objects = this.#search([{ type: CKA.ID, value: Buffer.from(tokenId, "hex") }]);
      for (const object of objects) this.#pkcs11.C_DestroyObject(this.#session, object);
    });
  }

  close(): void {
    this.#pkcs11.C_CloseSession(this.#session);
    this.#pkcs11.C_Finalize();
  }
}

function gcm(
  nonce: Uint8Array,
  context: string,
): Mechanism & { readonly parameter: { readonly iv: Uint8Array } } {
  const parameter = {
    type: CK_PARAMS_AES_GCM,
    iv: Buffer.from(nonce),
    ivBits: 8 * NONCE_BYTES,
    aad: Buffer.from(utf8(context)),
    tagBits: 8 * TAG_BYTES,
  };
  return { mechanism: CKM.AES_GCM, parameter };
}
