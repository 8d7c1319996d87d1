/**
 * The permit's form for plugins in another process: a short-lived, single-use text with a MAC.
 * Form: "apt1." base64url(canonical JSON of the claims) "." base64url(HMAC-SHA-256 of everything before the dot).
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import {
  ArqonError,
  type Clock,
  canonicalJson,
  type Entropy,
  jsonObject,
  parseCanonicalJson,
  toHex,
} from "@arqon/core/base";

/** What an out-of-process permit says. */
export interface PermitClaims {
  readonly operationId: string;
  readonly operationSha256: string;
  readonly backendId: string;
  /** UTC, microseconds. */
  readonly expiresUnixUs: number;
  /** 32 hexadecimal digits; what makes it single-use. */
  readonly nonce: string;
}

const PREFIX = "apt1.";
const KEY_BYTES = 32;
const MAX_CHARS = 2048;

function mac(key: Uint8Array, body: string): Buffer {
  return createHmac("sha256", key).update(`arqon.permit.v1\n${body}`).digest();
}

function requireKey(key: Uint8Array): void {
  if (key.length !== KEY_BYTES) throw new TypeError(`a permit key has ${KEY_BYTES} bytes, not ${key.length}`);
}

/** A permit text good for `lifetimeMs` from now. The key is shared by the door and the one plugin process. */
export function signPermit(
  key: Uint8Array,
  claims: Pick<PermitClaims, "operationId" | "operationSha256" | "backendId">,
  lifetimeMs: number,
  sources: { readonly clock: Clock; readonly entropy: Entropy },
): string {
  requireKey(key);
  const whole: PermitClaims = {
    backendId: claims.backendId,
    expiresUnixUs: sources.clock.nowUs() + Math.round(lifetimeMs * 1000),
    nonce: toHex(sources.entropy(16)),
    operationId: claims.operationId,
    operationSha256: claims.operationSha256,
  };
  const body = PREFIX + Buffer.from(canonicalJson({ ...whole })).toString("base64url");
  return `${body}.${mac(key, body).toString("base64url")}`;
}

/** Checks permit texts in the plugin's process, each at most once. */
export class PermitVerifier {
  readonly #key: Uint8Array;
  readonly #backendId: string;
  readonly #clock: Clock;
  /** Nonces used up, with the time after which their permits are refused anyway. */
  readonly #used = new Map<string, number>();

  constructor(key: Uint8Array, backendId: string, clock: Clock) {
    requireKey(key);
    this.#key = key;
    this.#backendId = backendId;
    this.#clock = clock;
  }

  /**
   * Uses a permit up for an operation.
   * @throws ArqonError `PERMIT_INVALID` when it is forged, altered, expired, used, or for another operation or backend.
   */
  redeem(text: string, operationSha256: string): PermitClaims {
    const claims = this.#read(text);
    const nowUs = this.#clock.nowUs();
    for (const [nonce, expires] of this.#used) if (expires <= nowUs) this.#used.delete(nonce);
    if (claims.expiresUnixUs <= nowUs) throw refused("it has expired");
    if (this.#used.has(claims.nonce)) throw refused("it was used before");
    this.#used.set(claims.nonce, claims.expiresUnixUs);
    if (claims.backendId !== this.#backendId)
      throw refused(`it is for backend ${claims.backendId}, not ${this.#backendId}`);
    if (claims.operationSha256 !== operationSha256) throw refused("it is for another operation");
    return claims;
  }

  #read(text: string): PermitClaims {
    const dot = text.lastIndexOf(".");
    if (text.length > MAX_CHARS || !text.startsWith(PREFIX) || dot < PREFIX.length)
      throw refused("it is not a permit");
    const body = text.slice(0, dot);
    const given = Buffer.from(text.slice(dot + 1), "base64url");
    const wanted = mac(this.#key, body);
    const exact = given.toString("base64url") === text.slice(dot + 1);
    if (!exact || given.length !== wanted.length || !timingSafeEqual(given, wanted))
      throw refused("the door did not make it");
    const bytes = Buffer.from(body.slice(PREFIX.length), "base64url");
    return jsonObject(parseCanonicalJson(bytes, "permit"), "permit") as unknown as PermitClaims;
  }
}

function refused(why: string): ArqonError {
  return new ArqonError("PERMIT_INVALID", `permit: ${why}`);
}
