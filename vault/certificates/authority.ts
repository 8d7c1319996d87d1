/** The private authority of one ARQON_HOME: its keys are in the KMS, its certificates in `tls/ca.pem`. */
import { X509Certificate } from "node:crypto";
import { type Clock, type Entropy, sha256, toHex } from "@arqon/core/base";
import type { KeyInfo, KeyUser, Kms, Validity } from "../keys/index.ts";
import { type CertificateAlgorithm, type Issuer, issueCertificate } from "./certificate.ts";

/** Label of the keys that sign certificates. */
export const TLS_CA_LABEL = "tls-ca";

/** A chain for every client: old ones verify ECDSA, new ones ML-DSA. The best is last. */
export const TLS_ALGORITHMS: readonly TlsAlgorithm[] = ["ecdsa-p256", "ml-dsa-65"];

/** One of them. */
export type TlsAlgorithm = Extract<CertificateAlgorithm, "ecdsa-p256" | "ml-dsa-65">;

const USER: KeyUser = { tenant: "local", purpose: "certificate" };

/** An authority: who signs, and its own certificate. */
export interface Authority {
  readonly issuer: Issuer;
  /** PEM. */
  readonly certificate: string;
}

/** What authorities are made with. */
export interface AuthorityOptions {
  readonly kms: Kms;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly validity: Validity;
  /** Certificates made earlier, PEM one after the other; those of keys that still sign are kept. */
  readonly known: string;
}

/** The authorities of both algorithms; keys and certificates that are missing are made. */
export async function openAuthorities(options: AuthorityOptions): Promise<Record<TlsAlgorithm, Authority>> {
  const made: Partial<Record<TlsAlgorithm, Authority>> = {};
  for (const algorithm of TLS_ALGORITHMS) made[algorithm] = await openAuthority(algorithm, options);
  return made as Record<TlsAlgorithm, Authority>;
}

async function openAuthority(algorithm: TlsAlgorithm, options: AuthorityOptions): Promise<Authority> {
  const { kms, clock, entropy, validity, known } = options;
  const key = await activeKey(kms, algorithm, TLS_CA_LABEL, validity);
  const issuer: Issuer = {
    name: `Arqon CA ${algorithm} ${toHex(sha256(key.spki)).slice(0, 12)}`,
    algorithm,
    spki: key.spki,
    sign: (bytes) => kms.sign(USER, key.keyId, bytes),
  };
  const kept = certificatesIn(known).find((pem) => isOf(pem, key, clock));
  return { issuer, certificate: kept ?? (await rootOf(issuer, validity, entropy)) };
}

/** The active key of a label and algorithm; made if there is none. */
export async function activeKey(
  kms: Kms,
  algorithm: KeyInfo["algorithm"],
  label: string,
  validity: Validity,
): Promise<KeyInfo> {
  const found = kms
    .list()
    .findLast((key) => key.label === label && key.algorithm === algorithm && key.state === "active");
  return found ?? kms.generate(algorithm, label, validity);
}

function rootOf(issuer: Issuer, validity: Validity, entropy: Entropy): Promise<string> {
  const { name, spki } = issuer;
  return issueCertificate({ name, spki, role: "authority", names: [], validity }, issuer, entropy);
}

/** Every certificate of a PEM text. */
export function certificatesIn(pem: string): string[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return found.map((one) => `${one}\n`);
}

function isOf(pem: string, key: KeyInfo, clock: Clock): boolean {
  const certificate = new X509Certificate(pem);
  const spki = certificate.publicKey.export({ type: "spki", format: "der" });
  return spki.equals(key.spki) && certificate.validToDate.getTime() > clock.nowUs() / 1000;
}
