/** `tls/` in ARQON_HOME: the certificates a server shows and the authority's, with every private key encrypted. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  ArqonError,
  type Clock,
  type Entropy,
  fromBase64,
  fromUtf8,
  jsonObject,
  parseJson,
  toBase64,
  toHex,
  utf8,
} from "@arqon/core/base";
import { makePrivateDirectory, readRegularFile, writePrivateFile } from "../files/index.ts";
import type { Keystore, KeyUser, Kms, Validity } from "../keys/index.ts";
import { activeKey, openAuthorities, TLS_ALGORITHMS, type TlsAlgorithm } from "./authority.ts";
import { alternativeName, issueCertificate } from "./certificate.ts";

/** Label of the key that wraps the passphrase of the private keys. */
export const TLS_LABEL = "tls";

const USER: KeyUser = { tenant: "local", purpose: "tls" };
const CONTEXT = "arqon tls passphrase v1";
const LIMIT_BYTES = 1 << 20;

/** Where a certificate and its private key are. */
export interface CertificatePaths {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The files of `tls/`. */
export interface TlsPaths {
  /** Both authorities; for clients. */
  readonly caFile: string;
  readonly certificates: readonly CertificatePaths[];
  /** The wrapped passphrase. */
  readonly passphraseFile: string;
}

/** Where they are, or would be. */
export function tlsPaths(home: string): TlsPaths {
  const at = (name: string): string => join(home, "tls", name);
  return {
    caFile: at("ca.pem"),
    certificates: TLS_ALGORITHMS.map((algorithm) => ({
      certFile: at(`server-${algorithm}.pem`),
      keyFile: at(`server-${algorithm}.key`),
    })),
    passphraseFile: at("passphrase.json"),
  };
}

/** Whether certificates were made. */
export function hasTls(home: string): boolean {
  const { certificates, passphraseFile } = tlsPaths(home);
  return existsSync(passphraseFile) && certificates.every(({ certFile }) => existsSync(certFile));
}

/** What certificates are made for. */
export interface TlsRequest {
  readonly home: string;
  readonly kms: Kms;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Host names and addresses clients use. */
  readonly names: readonly string[];
  /** Of the authority; made once. */
  readonly authority: Validity;
  /** Of the server's certificates; made anew each time. */
  readonly validity: Validity;
}

/**
 * Makes the authority, if there is none yet, and fresh certificates for a server. A server that runs takes them up by itself.
 * @throws ArqonError `USAGE` for a name that is none; those of the KMS.
 */
export async function makeTls(request: TlsRequest): Promise<TlsPaths> {
  const { home, kms, clock, entropy, names, validity } = request;
  const paths = tlsPaths(home);
  for (const name of names) alternativeName(name);
  makePrivateDirectory(join(home, "tls"));
  const known = textOf(paths.caFile) ?? "";
  const passphrase = await passphraseOf(request, paths.passphraseFile);
  const authorities = await openAuthorities({ kms, clock, entropy, validity: request.authority, known });
  const [name = "arqon"] = names;
  const files: [path: string, text: string][] = [];
  for (const [i, algorithm] of TLS_ALGORITHMS.entries()) {
    const { issuer } = authorities[algorithm];
    const { publicKey, privateKey } = keyPair(algorithm);
    const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
    const subject = { name, spki, role: "server", names, validity } as const;
    const { certFile, keyFile } = paths.certificates[i] as CertificatePaths;
    files.push([keyFile, encrypted(privateKey, passphrase)]);
    files.push([certFile, await issueCertificate(subject, issuer, entropy)]);
  }
  files.push([paths.caFile, TLS_ALGORITHMS.map((each) => authorities[each].certificate).join("")]);
  for (const [path, text] of files) writePrivateFile(path, utf8(text));
  return paths;
}

/** A certificate of a client, PEM, and its private key, encrypted. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Makes a certificate for a client of `identity`, a URI such as "spiffe://lab/device-7". */
export async function makeClientCertificate(
  request: Omit<TlsRequest, "names">,
  client: { readonly identity: string; readonly algorithm: TlsAlgorithm; readonly passphrase: string },
): Promise<ClientCertificate> {
  const { home, kms, clock, entropy, validity } = request;
  const known = textOf(tlsPaths(home).caFile);
  if (known === undefined)
    throw new ArqonError("TLS_CERTIFICATE", `${home} has no authority yet`, {
      remedy: "Run `arqon tls init` first.",
    });
  const authorities = await openAuthorities({ kms, clock, entropy, validity: request.authority, known });
  const { publicKey, privateKey } = keyPair(client.algorithm);
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  const subject = {
    name: client.identity,
    spki,
    role: "client",
    names: [client.identity],
    validity,
  } as const;
  return {
    certificate: await issueCertificate(subject, authorities[client.algorithm].issuer, entropy),
    privateKey: encrypted(privateKey, client.passphrase),
  };
}

/** What opens the private keys of `tls/`. @throws ArqonError `TLS_CERTIFICATE` when there is none, `SEAL_BROKEN` */
export async function openTlsPassphrase(home: string, keystore: Keystore): Promise<string> {
  const { passphraseFile } = tlsPaths(home);
  const wrapped = wrappedIn(passphraseFile);
  if (!wrapped)
    throw new ArqonError("TLS_CERTIFICATE", `${passphraseFile} is missing`, {
      remedy: "Make certificates with `arqon tls init`, or name your own with --tls-cert and --tls-key.",
    });
  return toHex(await keystore.unwrap(wrapped.keyId, wrapped.bytes, CONTEXT));
}

/** The passphrase there is, so that a running server can open keys made later; or a fresh one. */
async function passphraseOf(request: TlsRequest, path: string): Promise<string> {
  const { kms, entropy, authority } = request;
  const known = wrappedIn(path);
  if (known) return toHex(await kms.unwrap(USER, known.keyId, known.bytes, CONTEXT));
  const { keyId } = await activeKey(kms, "aes-256-gcm", TLS_LABEL, authority);
  const plain = entropy(32);
  const wrapped = toBase64(await kms.wrap(USER, keyId, plain, CONTEXT));
  writePrivateFile(path, utf8(`${JSON.stringify({ keyId, wrapped })}\n`));
  return toHex(plain);
}

function wrappedIn(path: string): { readonly keyId: string; readonly bytes: Uint8Array } | undefined {
  const text = textOf(path);
  if (text === undefined) return undefined;
  const { keyId, wrapped } = jsonObject(parseJson(text, path), path);
  if (typeof keyId !== "string" || typeof wrapped !== "string")
    throw new ArqonError("JSON_INVALID", `${path} needs keyId and wrapped`);
  return { keyId, bytes: fromBase64(wrapped) };
}

function textOf(path: string): string | undefined {
  const bytes = readRegularFile(path, { limitBytes: LIMIT_BYTES });
  return bytes && fromUtf8(bytes);
}

function keyPair(algorithm: TlsAlgorithm): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return algorithm === "ecdsa-p256"
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : generateKeyPairSync(algorithm);
}

function encrypted(key: KeyObject, passphrase: string): string {
  return key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase }) as string;
}
