/** A key as a Managed HSM describes it: JSON Web Key, attributes and tags. */
import { createHash, createPublicKey } from "node:crypto";
import { ArqonError, type JsonObject } from "@arqon/core/base";
import { keyIdOf } from "@arqon/core/proof";
import { isKeyAlgorithm, type KeyAlgorithm } from "../algorithms.ts";
import type { KeyInfo, KeyState } from "../keystore.ts";

/** A key, and where it is. */
export interface HsmKey extends KeyInfo {
  readonly name: string;
  /** "keys/NAME/VERSION" */
  readonly path: string;
  /** Microseconds since 1970. */
  readonly madeUs: number;
}

/** What the HSM is asked to make, for each algorithm it holds. */
export const KEY_KINDS: Readonly<Partial<Record<KeyAlgorithm, JsonObject>>> = {
  "ecdsa-p256": { kty: "EC-HSM", crv: "P-256", key_ops: ["sign", "verify"] },
  "aes-256-gcm": { kty: "oct-HSM", key_size: 256, key_ops: ["encrypt", "decrypt"] },
};

/** @throws ArqonError `KEYSTORE_UNAVAILABLE` for a key that is not as {@link KEY_KINDS} and our tags made it. */
export function parseKey(bundle: JsonObject): HsmKey {
  const [key, tags] = [bundle["key"], bundle["tags"]] as [
    JsonObject | undefined,
    Record<string, string> | undefined,
  ];
  const {
    algorithm = "",
    label = "",
    state = "",
    notBefore = "",
    notAfter = "",
    madeUs = "",
    endedAt,
  } = tags ?? {};
  const path = /\/(keys\/([0-9A-Za-z-]+)\/[0-9A-Za-z]+)$/.exec(String(key?.["kid"]));
  const isSound =
    isKeyAlgorithm(algorithm) &&
    KEY_KINDS[algorithm]?.["kty"] === key?.["kty"] &&
    ["pending", "active", "retired", "disabled"].includes(state) &&
    [notBefore, notAfter].every((one) => !Number.isNaN(Date.parse(one))) &&
    /^\d{1,16}$/.test(madeUs);
  if (!key || !path || !isSound)
    throw new ArqonError(
      "KEYSTORE_UNAVAILABLE",
      `the HSM's key ${String(key?.["kid"]).slice(0, 160)} is not as it was made`,
    );
  const [, at = "", name = ""] = path;
  const spki = algorithm === "ecdsa-p256" ? spkiOf(key) : checkValue(name);
  return {
    keyId: keyIdOf(spki),
    algorithm,
    spki,
    label,
    notBefore,
    notAfter,
    state: state as KeyState,
    ...(endedAt !== undefined && { endedAt }),
    protection: "hsm-resident",
    name,
    path: at,
    madeUs: Number(madeUs),
  };
}

const checkValue = (name: string): Uint8Array =>
  new Uint8Array(createHash("sha256").update(`arqon.hsm-key.v1 ${name}`).digest());

function spkiOf({ x, y }: JsonObject): Uint8Array {
  try {
    const jwk = { kty: "EC", crv: "P-256", x: String(x), y: String(y) };
    return new Uint8Array(
      createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "der" }),
    );
  } catch (cause) {
    throw new ArqonError("KEYSTORE_UNAVAILABLE", "the HSM's public key is no point of P-256", { cause });
  }
}
