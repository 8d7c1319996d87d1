/** Opens a PKCS#11 token and uses the keys in it. */
import { createHash } from "node:crypto";
import { ArqonError, concatBytes, fromHex, utf8 } from "@arqon/core/base";
import type { KeyAlgorithm } from "../algorithms.ts";
import type { KeyToken, TokenKey, TokenPlace } from "../token.ts";
import { type Attribute, type Handle, loadPkcs11, type Mechanism, type Pkcs11 } from "./binding.ts";
import { CK_PARAMS_AES_GCM, CKA, CKF, CKK_AES, CKM, CKO, CKR, CKU_USER } from "./codes.ts";

interface PairKind {
  readonly make: number;
  readonly sign: number;
  /** Says which; where a token does not take one form, the next is tried. */
  readonly parameters: readonly Attribute[];
  /** SubjectPublicKeyInfo up to the public key, and the key's length. */
  readonly spki: { readonly prefix: Uint8Array; readonly bytes: number };
  readonly signatureBytes: number;
}

const pair = (
  make: number,
  sign: number,
  parameters: readonly Attribute[],
  prefix: string,
  bytes: number,
  signatureBytes: number,
): PairKind => ({ make, sign, parameters, spki: { prefix: fromHex(prefix), bytes }, signatureBytes });
/** Used where a token has the mechanisms (PKCS#11 3.2); like every new key of a token, proven before it is listed. */
const mlDsa = (set: number, prefix: string, bytes: number, signatureBytes: number): PairKind => {
  // A CK_ULONG, little-endian: the plug-in passes attributes it does not know as bytes.
  const parameter = { type: CKA.PARAMETER_SET, value: Buffer.from([set, 0, 0, 0, 0, 0, 0, 0]) };
  return pair(CKM.ML_DSA_KEY_PAIR_GEN, CKM.ML_DSA, [parameter], prefix, bytes, signatureBytes);
};
const curve = (hex: string): Attribute => ({ type: CKA.EC_PARAMS, value: Buffer.from(hex, "hex") });

const PAIRS: Readonly<Partial<Record<KeyAlgorithm, PairKind>>> = {
  ed25519: pair(
    CKM.EC_EDWARDS_KEY_PAIR_GEN,
    CKM.EDDSA,
    // By name, as PKCS#11 2.40 drafts and SoftHSM have it, and by number, as NSS.
    [curve("130c656477617264733235353139"), curve("06032b6570")],
    "302a300506032b6570032100",
    32,
    64,
  ),
  "ecdsa-p256": pair(
    CKM.EC_KEY_PAIR_GEN,
    CKM.ECDSA,
    [curve("06082a8648ce3d030107")],
    "3059301306072a8648ce3d020106082a8648ce3d030107034200",
    65,
    64,
  ),
  "ml-dsa-44": mlDsa(1, "30820532300b06096086480165030403110382052100", 1312, 2420),
  "ml-dsa-65": mlDsa(2, "308207b2300b0609608648016503040312038207a100", 1952, 3309),
  "ml-dsa-87": mlDsa(3, "30820a32300b060960864801650304031303820a2100", 2592, 4627),
};

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Opens the token with this label and logs in.
 * @throws ArqonError `KEYSTORE_UNAVAILABLE` without plug-in, library or token, `KEYSTORE_LOCKED` for a wrong PIN,
 *   `TOKEN_LOCKED` for a locked one.
 */
export function openToken(plugin: string, place: TokenPlace, pin: string): KeyToken {
  const pkcs11 = loadPkcs11(plugin, place.module);
  const { parameters } = place;
  guarded("the token's library does not start", () =>
    pkcs11.C_Initialize({
      flags: CKF.LIBRARY_OS_LOCKING,
      ...(parameters !== undefined && { libraryParameters: parameters }),
    }),
  );
  try {
    const slot = pkcs11.C_GetSlotList(true).find((one) => labelOf(pkcs11, one) === place.label);
    if (!slot)
      throw new ArqonError(
        "KEYSTORE_UNAVAILABLE",
        `${place.module} has no token with the label "${place.label}"`,
      );
    const mechanisms = new Set(pkcs11.C_GetMechanismList(slot));
    const session = pkcs11.C_OpenSession(slot, CKF.RW_SERIAL_SESSION);
    login(pkcs11, session, place, pin);
    return new Token(pkcs11, session, mechanisms);
  } catch (error) {
    pkcs11.C_Finalize();
    throw error;
  }
}

const labelOf = (pkcs11: Pkcs11, slot: Handle): string =>
  pkcs11.C_GetTokenInfo(slot).label.replaceAll("\0", "").trim();

function login(pkcs11: Pkcs11, session: Handle, { label }: TokenPlace, pin: string): void {
  try {
    pkcs11.C_Login(session, CKU_USER, pin);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === CKR.USER_ALREADY_LOGGED_IN) return;
    if (code === CKR.PIN_LOCKED)
      throw new ArqonError("TOKEN_LOCKED", `the token "${label}" does not open: its PIN is locked`, {
        cause,
      });
    const why = code === CKR.PIN_INCORRECT ? "the PIN is wrong" : String(cause);
    throw new ArqonError("KEYSTORE_LOCKED", `the token "${label}" does not open: ${why}`, {
      cause,
      remedy: "Set ARQON_KEY_PASSPHRASE to the token's user PIN.",
    });
  }
}

const codeOf = (cause: unknown): number => Number((cause as { code?: unknown } | undefined)?.code);

function guarded<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new ArqonError("KEYSTORE_UNAVAILABLE", `${what}: ${(cause as Error).message}`, { cause });
  }
}

class Token implements KeyToken {
  readonly #pkcs11: Pkcs11;
  readonly #session: Handle;
  readonly #mechanisms: ReadonlySet<number>;

  constructor(pkcs11: Pkcs11, session: Handle, mechanisms: ReadonlySet<number>) {
    this.#pkcs11 = pkcs11;
    this.#session = session;
    this.#mechanisms = mechanisms;
  }

  supports(algorithm: KeyAlgorithm): boolean {
    const has = (...needed: number[]): boolean => needed.every((one) => this.#mechanisms.has(one));
    if (algorithm === "aes-256-gcm") return has(CKM.AES_KEY_GEN, CKM.AES_GCM);
    const kind = PAIRS[algorithm];
    return kind !== undefined && has(kind.make, kind.sign);
  }

  generate(algorithm: KeyAlgorithm, label: string, tokenId: string): TokenKey {
    return guarded(`the token makes no ${algorithm} key`, () => {
      const id = { type: CKA.ID, value: Buffer.from(tokenId, "hex") };
      const common: Attribute[] = [{ type: CKA.TOKEN, value: true }, { type: CKA.LABEL, value: label }, id];
      const secret: Attribute[] = [
        ...common,
        { type: CKA.PRIVATE, value: true },
        { type: CKA.SENSITIVE, value: true },
        { type: CKA.EXTRACTABLE, value: false },
      ];
      const kind = PAIRS[algorithm];
      return kind ? this.#makePair(kind, common, secret, tokenId) : this.#makeAes(secret, tokenId);
    });
  }

  #makePair(kind: PairKind, common: Attribute[], secret: Attribute[], tokenId: string): TokenKey {
    const make = ([parameter, ...others]: readonly Attribute[]): Handle => {
      if (!parameter) throw new TypeError("no parameter says which key to make");
      const asked = [...common, { type: CKA.VERIFY, value: true }, parameter];
      const privately = [...secret, { type: CKA.SIGN, value: true }];
      try {
        return this.#pkcs11.C_GenerateKeyPair(this.#session, { mechanism: kind.make }, asked, privately)
          .publicKey;
      } catch (cause) {
        if (codeOf(cause) !== CKR.DOMAIN_PARAMS_INVALID || others.length === 0) throw cause;
        return make(others);
      }
    };
    const publicKey = make(kind.parameters);
    // Curves give their point as a DER text of bytes; ML-DSA gives the key itself.
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
    this.#pkcs11.C_FindObjectsInit(this.#session, template);
    try {
      const [handle, another] = this.#pkcs11.C_FindObjects(this.#session, 2);
      if (!handle || another)
        throw new ArqonError(
          "KEYSTORE_UNAVAILABLE",
          `the token has ${handle ? "several keys" : "no key"} ${tokenId}`,
        );
      return handle;
    } finally {
      this.#pkcs11.C_FindObjectsFinal(this.#session);
    }
  }

  sign(tokenId: string, algorithm: KeyAlgorithm, message: Uint8Array): Uint8Array {
    const kind = PAIRS[algorithm];
    if (!kind) throw new TypeError(`a token does not sign with ${algorithm}`);
    const key = this.#find(tokenId, CKO.PRIVATE_KEY);
    const ecdsa = algorithm === "ecdsa-p256";
    const input = ecdsa ? createHash("sha256").update(message).digest() : Buffer.from(message);
    return guarded(`the token does not sign with key ${tokenId}`, () => {
      this.#pkcs11.C_SignInit(this.#session, { mechanism: kind.sign }, key);
      const signature = this.#pkcs11.C_Sign(this.#session, input, Buffer.alloc(kind.signatureBytes));
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
    try {
      if (sealed.length <= NONCE_BYTES + TAG_BYTES) throw new RangeError(`${sealed.length} bytes`);
      const mechanism = gcm(sealed.subarray(0, NONCE_BYTES), context);
      this.#pkcs11.C_DecryptInit(this.#session, mechanism, key);
      const room = Buffer.alloc(sealed.length + 2 * TAG_BYTES);
      const plain = this.#pkcs11.C_Decrypt(this.#session, Buffer.from(sealed.subarray(NONCE_BYTES)), room);
      const opened = Uint8Array.from(plain);
      room.fill(0);
      return opened;
    } catch (cause) {
      throw new ArqonError(
        "SEAL_BROKEN",
        `what the token wrapped does not open for "${context.slice(0, 80)}"`,
        {
          cause,
        },
      );
    }
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

/** DER of an ECDSA signature from its two numbers, as other tools want it. */
function derSignature(raw: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array): Uint8Array => {
    const from = bytes.findIndex((byte) => byte !== 0);
    const short = from < 0 ? Uint8Array.of(0) : bytes.subarray(from);
    const value = (short[0] as number) >= 0x80 ? concatBytes(Uint8Array.of(0), short) : short;
    return concatBytes(Uint8Array.of(2, value.length), value);
  };
  const body = concatBytes(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  return concatBytes(Uint8Array.of(0x30, body.length), body);
}
