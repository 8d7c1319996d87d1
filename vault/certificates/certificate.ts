/** X.509 certificates, signed by whoever holds the key: a file, the KMS, or a token. */
import { isIP } from "node:net";
import { ArqonError, concatBytes, type Entropy, sha256, utf8 } from "@arqon/core/base";
import type { Validity } from "../keys/index.ts";
import { bitString, der, integer, objectId, octetString, pem, sequence, TRUE, time } from "./der.ts";

/** Algorithms certificates are signed with here, and their identifiers. */
const SIGNATURE_IDS = {
  "ecdsa-p256": "1.2.840.10045.4.3.2",
  ed25519: "1.3.101.112",
  "ml-dsa-44": "2.16.840.1.101.3.4.3.17",
  "ml-dsa-65": "2.16.840.1.101.3.4.3.18",
  "ml-dsa-87": "2.16.840.1.101.3.4.3.19",
} as const;

/** An algorithm certificates are signed with. */
export type CertificateAlgorithm = keyof typeof SIGNATURE_IDS;

/** Who signs a certificate. */
export interface Issuer {
  /** Common name. */
  readonly name: string;
  readonly algorithm: CertificateAlgorithm;
  /** DER of its SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** Signature over the bytes themselves; ECDSA over their SHA-256, as DER. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** What a certificate says. */
export interface Subject {
  /** Common name. */
  readonly name: string;
  /** DER of its SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** An authority signs others; the rest are one side of a connection. */
  readonly role: "authority" | "server" | "client";
  /** DNS names, IP addresses and URIs it speaks for. */
  readonly names: readonly string[];
  readonly validity: Validity;
}

const USAGES = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;

const commonName = (name: string): Uint8Array =>
  sequence(der(0x31, sequence(objectId("2.5.4.3"), der(0x0c, utf8(name)))));

const extension = (id: string, critical: boolean, value: Uint8Array): Uint8Array =>
  sequence(objectId(id), ...(critical ? [TRUE] : []), octetString(value));

/** Names a key in its certificates: a digest of the key (RFC 7093, method 1). */
const keyIdentifier = (spki: Uint8Array): Uint8Array => sha256(spki).subarray(0, 20);

/** One of a certificate's names. @throws ArqonError `USAGE` for what is neither a DNS name, an address nor a URI. */
export function alternativeName(name: string): Uint8Array {
  const kind = isIP(name);
  if (kind === 4) return der(0x87, Uint8Array.from(name.split("."), Number));
  if (kind === 6) return der(0x87, ipv6(name));
  if (/^[a-z][a-z0-9+.-]*:[\x21\x23-\x2b\x2d-\x7e]+$/i.test(name)) return der(0x86, utf8(name));
  if (/^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(name))
    return der(0x82, utf8(name.toLowerCase()));
  throw new ArqonError("USAGE", `"${name.slice(0, 80)}" is no host name, address or URI`);
}

/** The 16 bytes of an address, whose notation `isIP` has checked. */
function ipv6(address: string): Uint8Array {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((hex) => Number.parseInt(hex, 16));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
}

function extensionsOf({ role, names, spki }: Subject, issuer: Issuer): Uint8Array[] {
  const isAuthority = role === "authority";
  return [
    extension("2.5.29.19", true, isAuthority ? sequence(TRUE) : sequence()),
    extension("2.5.29.14", false, octetString(keyIdentifier(spki))),
    extension("2.5.29.35", false, sequence(der(0x80, keyIdentifier(issuer.spki)))),
    // keyCertSign and cRLSign, or digitalSignature.
    extension(
      "2.5.29.15",
      true,
      isAuthority ? bitString(Uint8Array.of(0x06), 1) : bitString(Uint8Array.of(0x80), 7),
    ),
    ...(role === "authority" ? [] : [extension("2.5.29.37", false, sequence(objectId(USAGES[role])))]),
    ...(names.length > 0 ? [extension("2.5.29.17", false, sequence(...names.map(alternativeName)))] : []),
  ];
}

/** Issues a certificate. Returns PEM. @throws ArqonError `USAGE` for a name that is none. */
export async function issueCertificate(subject: Subject, issuer: Issuer, entropy: Entropy): Promise<string> {
  const algorithm = sequence(objectId(SIGNATURE_IDS[issuer.algorithm]));
  const serial = entropy(16);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  const { notBeforeUs, notAfterUs } = subject.validity;
  const body = sequence(
    der(0xa0, integer(Uint8Array.of(2))),
    integer(serial),
    algorithm,
    commonName(issuer.name),
    sequence(time(notBeforeUs), time(notAfterUs)),
    commonName(subject.name),
    subject.spki,
    der(0xa3, sequence(...extensionsOf(subject, issuer))),
  );
  const signature = await issuer.sign(body);
  return pem("CERTIFICATE", concatBytes(sequence(body, algorithm, bitString(signature))));
}
