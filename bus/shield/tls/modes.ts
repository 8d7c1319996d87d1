/** Crypto modes of TLS 1.3, as data: which key exchanges and signatures each takes part in. */
import type { CryptoMode } from "@arqon/core/proof";

/** A key exchange of TLS 1.3. */
export interface Group {
  /** Codepoint of the registry of TLS groups. */
  readonly code: number;
  /** Name in that registry, and in OpenSSL. */
  readonly name: string;
  /** Withstands a quantum computer: what is recorded today cannot be read later. */
  readonly postQuantum: boolean;
}

const group = (code: number, name: string, postQuantum: boolean): Group => ({ code, name, postQuantum });

/** Every group this house knows by name. @source IANA "TLS Supported Groups"; RFC 8446, draft-ietf-tls-ecdhe-mlkem */
export const GROUPS: readonly Group[] = [
  group(0x11ec, "X25519MLKEM768", true),
  group(0x11eb, "SecP256r1MLKEM768", true),
  group(0x11ed, "SecP384r1MLKEM1024", true),
  group(0x0200, "MLKEM512", true),
  group(0x0201, "MLKEM768", true),
  group(0x0202, "MLKEM1024", true),
  group(0x001d, "X25519", false),
  group(0x0017, "secp256r1", false),
  group(0x0018, "secp384r1", false),
];

/** A signature a server's certificate makes in the handshake. */
export interface Scheme {
  /** Name in the registry of TLS signature schemes. */
  readonly name: string;
  /** Name in OpenSSL's lists. */
  readonly openssl: string;
  readonly postQuantum: boolean;
}

const scheme = (name: string, postQuantum = false, openssl = name): Scheme => ({
  name,
  openssl,
  postQuantum,
});

/** By `asymmetricKeyType` of node:crypto, for elliptic curves followed by the curve. */
const SCHEMES: Readonly<Record<string, Scheme>> = {
  "ml-dsa-44": scheme("mldsa44", true),
  "ml-dsa-65": scheme("mldsa65", true),
  "ml-dsa-87": scheme("mldsa87", true),
  "ec prime256v1": scheme("ecdsa_secp256r1_sha256"),
  "ec secp384r1": scheme("ecdsa_secp384r1_sha384"),
  ed25519: scheme("ed25519"),
  rsa: scheme("rsa_pss_rsae_sha256"),
};

/** What a mode asks of a handshake. */
export interface TlsRules {
  /** OpenSSL's list: "/" stands between preferences for which another round trip is worth its while. */
  readonly groups: string;
  readonly takes: (scheme: Scheme) => boolean;
  /** For people: what a client needs. */
  readonly needs: string;
}

const HYBRID_GROUPS = "X25519MLKEM768:SecP256r1MLKEM768:SecP384r1MLKEM1024";
/** "?": left out where the provider has it not, as OpenSSL's FIPS provider. */
const CLASSICAL_GROUPS = "?X25519:P-256:P-384";

/**
 * "classical": elliptic curves only. "hybrid": a post-quantum key exchange and ML-DSA with clients that have them, elliptic
 * curves with the others. "pqc-required": both must be post-quantum, and whoever has less is refused.
 */
export const TLS_RULES: Readonly<Record<CryptoMode, TlsRules>> = {
  classical: {
    groups: CLASSICAL_GROUPS,
    takes: ({ postQuantum }) => !postQuantum,
    needs: "TLS 1.3 with X25519, P-256 or P-384 and a certificate of ECDSA, Ed25519 or RSA",
  },
  hybrid: {
    groups: `${HYBRID_GROUPS}/${CLASSICAL_GROUPS}`,
    takes: () => true,
    needs: "TLS 1.3 with X25519MLKEM768 or another hybrid group, or X25519, P-256 or P-384",
  },
  "pqc-required": {
    groups: HYBRID_GROUPS,
    takes: ({ postQuantum }) => postQuantum,
    needs: "TLS 1.3 with X25519MLKEM768, SecP256r1MLKEM768 or SecP384r1MLKEM1024 and ML-DSA signatures",
  },
};

/** OpenSSL's list of the signatures a mode takes, best first. */
export function signatureList(rules: TlsRules): string {
  return Object.values(SCHEMES)
    .filter(rules.takes)
    .map(({ openssl }) => openssl)
    .join(":");
}

/** The signature of a certificate with this key; `undefined` when it can be no server's. */
export function schemeOf(key: {
  readonly asymmetricKeyType?: string | undefined;
  readonly asymmetricKeyDetails?: { readonly namedCurve?: string } | undefined;
}): Scheme | undefined {
  const { asymmetricKeyType = "", asymmetricKeyDetails: details } = key;
  const name = asymmetricKeyType === "ec" ? `ec ${details?.namedCurve}` : asymmetricKeyType;
  return Object.hasOwn(SCHEMES, name) ? SCHEMES[name] : undefined;
}
