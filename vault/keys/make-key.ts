import { ArqonError, type Entropy, equalBytes, toHex } from "@arqon/core/base";
import { keyIdOf } from "@arqon/core/proof";
import { freshSecret, type KeyAlgorithm, operationOf, publicPartOf, secretKeyOf } from "./algorithms.ts";
import type { KeyRequest, Validity } from "./keystore.ts";
import { type StoredKey, sealContext } from "./keystore-file.ts";
import { type SealKeys, sealBytes } from "./seal-key.ts";
import type { KeyToken } from "./token.ts";
import { encapsulateTo, verifySignature } from "./use.ts";

/** Microseconds since 1970 as the keystore writes times. */
export const isoOf = (us: number): string => new Date(us / 1000).toISOString();

/** @throws TypeError for a label that is none, or a life that has no length. */
export function requireLabel(label: string, { notBeforeUs, notAfterUs }: Validity): void {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(label)) throw new TypeError(`not a label: "${label}"`);
  if (!(notBeforeUs < notAfterUs)) throw new TypeError("a key must be valid for some time");
}

/** What a key is made with. */
export interface KeyMaker {
  readonly seal: SealKeys;
  readonly entropy: Entropy;
  /** Makes the keys it can itself. */
  readonly token: KeyToken | undefined;
  /** Refuse keys that would not be in the token. */
  readonly residentOnly: boolean;
}

/**
 * A fresh key: in the token if that can, else sealed.
 * @throws ArqonError `KEY_REFUSED` where only the token may hold keys and it cannot.
 */
export function makeKey({ algorithm, label, validity }: KeyRequest, maker: KeyMaker): StoredKey {
  requireLabel(label, validity);
  const life = {
    label,
    algorithm,
    notBefore: isoOf(validity.notBeforeUs),
    notAfter: isoOf(validity.notAfterUs),
    state: "active",
  } as const;
  const { seal, entropy, token } = maker;
  if (token?.supports(algorithm)) {
    const tokenId = toHex(entropy(16));
    const spki = undoing(
      token,
      () => [tokenId],
      () => {
        const made = token.generate(algorithm, label, tokenId);
        requireWorking(token, algorithm, tokenId, made.spki, entropy);
        return made.spki;
      },
    );
    const protection = "hsm-resident";
    return { ...life, keyId: keyIdOf(spki), spki, protection, sealed: new Uint8Array(), tokenId };
  }
  if (maker.residentOnly)
    throw new ArqonError(
      "KEY_REFUSED",
      `no token holds ${algorithm} keys here, and the policy wants them in one`,
    );
  const secret = freshSecret(algorithm, entropy);
  const spki = publicPartOf(secretKeyOf(secret, algorithm));
  const keyId = keyIdOf(spki);
  const sealed = sealBytes(seal.seal, secret, sealContext({ label, keyId, algorithm }), entropy);
  secret.fill(0);
  return { ...life, keyId, spki, protection: "software-sealed", sealed };
}

/** Does something with keys that were made in a token and are listed nowhere yet: where it fails, those are taken back. */
export function undoing<T>(token: KeyToken | undefined, unlisted: () => readonly string[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    removeKeys(token, unlisted());
    throw error;
  }
}

/** Takes back keys of a token. One that has gone away keeps them: they are listed nowhere, so nothing uses them. */
export function removeKeys(token: KeyToken | undefined, tokenIds: readonly string[]): void {
  for (const tokenId of tokenIds)
    try {
      token?.remove(tokenId);
    } catch {
      // What went wrong before is what is told.
    }
}

/** A key of a token is not listed before it has worked once, and by other means than the token's own. */
function requireWorking(
  token: KeyToken,
  algorithm: KeyAlgorithm,
  tokenId: string,
  spki: Uint8Array,
  entropy: Entropy,
): void {
  const probe = entropy(32);
  const works = (): boolean => {
    switch (operationOf(algorithm)) {
      case "sign":
        return verifySignature({ algorithm, spki }, probe, token.sign(tokenId, algorithm, probe));
      case "decapsulate": {
        const { secret, ciphertext } = encapsulateTo({ algorithm, spki, keyId: tokenId });
        return equalBytes(token.decapsulate(tokenId, algorithm, ciphertext), secret);
      }
      case "wrap": {
        const sealed = token.encrypt(tokenId, entropy(12), probe, "probe");
        return equalBytes(token.decrypt(tokenId, sealed, "probe"), probe);
      }
    }
  };
  if (!works())
    throw new ArqonError(
      "KEYSTORE_UNAVAILABLE",
      `the token made an ${algorithm} key that does not work as one`,
    );
}
