/** Certificates and keys of a listener, checked when they are read: a bad file is found at start, not by the first client. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { TlsOptions } from "node:tls";
import { ArqonError, type Clock } from "@arqon/core/base";
import type { CryptoMode } from "@arqon/core/proof";
import { type Scheme, schemeOf, signatureList, TLS_RULES } from "./modes.ts";

/** A certificate with its chain, and its private key; both PEM. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What a TLS listener is made with. */
export interface TlsFiles {
  readonly mode: CryptoMode;
  /** Certificates of different algorithms side by side; clients get the best one they can verify. */
  readonly certificates: readonly CertificateFiles[];
  /** Opens encrypted private keys. */
  readonly passphrase?: string | undefined;
  /** Authorities of client certificates; left out: clients are not asked for one. */
  readonly clientCaFile?: string | undefined;
  /** Refuse clients without a certificate of `clientCaFile`. */
  readonly requireClientCertificate?: boolean | undefined;
}

/** A certificate as it is served. */
export interface ServedCertificate {
  readonly file: string;
  readonly scheme: Scheme;
  /** e.g. "CN=lab". */
  readonly subject: string;
  /** UTC, RFC 3339. */
  readonly notAfter: string;
}

/** What was read. */
export interface Credentials {
  readonly mode: CryptoMode;
  readonly served: readonly ServedCertificate[];
  /** For `tls.createServer` and `setSecureContext`. */
  readonly options: TlsOptions;
}

function refuse(message: string, cause?: unknown): ArqonError {
  return new ArqonError("TLS_CERTIFICATE", message, cause === undefined ? {} : { cause });
}

/** Text of a PEM file. @throws ArqonError `TLS_CERTIFICATE` */
function readPem(path: string, what: string): string {
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch (cause) {
    throw refuse(`${what} ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
  if (!text.includes("-----BEGIN ")) throw refuse(`${what} ${path} is not PEM`);
  return text;
}

/** @throws ArqonError `TLS_CERTIFICATE` */
function certificateIn(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw refuse(`certificate ${path} cannot be decoded`, cause);
  }
}

function privateKeyIn(pem: string, path: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) });
  } catch (cause) {
    const encrypted = pem.includes("ENCRYPTED");
    throw refuse(
      encrypted
        ? `private key ${path} is encrypted, and ${passphrase === undefined ? "no passphrase was given" : "the passphrase does not open it"}`
        : `private key ${path} cannot be decoded`,
      cause,
    );
  }
}

/**
 * Reads and checks the files.
 * @throws ArqonError `TLS_CERTIFICATE` for a file that cannot be used, a key of another certificate, one that is not
 *   valid now, or when none fits the mode.
 */
export function readCredentials(files: TlsFiles, clock: Clock): Credentials {
  const { mode, passphrase, clientCaFile, requireClientCertificate = false } = files;
  const rules = TLS_RULES[mode];
  const served: ServedCertificate[] = [];
  const cert: string[] = [];
  const key: { pem: string }[] = [];
  for (const { certFile, keyFile } of files.certificates) {
    const chain = readPem(certFile, "certificate");
    const leaf = certificateIn(chain, certFile);
    const scheme = schemeOf(leaf.publicKey);
    if (!scheme)
      throw refuse(
        `certificate ${certFile} has a ${leaf.publicKey.asymmetricKeyType} key, which no TLS server can use`,
      );
    const secret = privateKeyIn(readPem(keyFile, "private key"), keyFile, passphrase);
    if (!leaf.checkPrivateKey(secret))
      throw refuse(`${keyFile} is not the private key of certificate ${certFile}`);
    requireValid(leaf, certFile, clock);
    if (!rules.takes(scheme)) continue;
    served.push({
      file: certFile,
      scheme,
      subject: leaf.subject.replaceAll("\n", ", "),
      notAfter: leaf.validToDate.toISOString(),
    });
    cert.push(chain);
    key.push({ pem: secret.export({ type: "pkcs8", format: "pem" }) as string });
  }
  if (served.length === 0)
    throw new ArqonError(
      "TLS_CERTIFICATE",
      `none of ${files.certificates.length} certificates fits mode ${mode}`,
      {
        remedy:
          mode === "pqc-required"
            ? "This mode needs an ML-DSA certificate; `arqon tls init` makes one."
            : "This mode needs an ECDSA, Ed25519 or RSA certificate; `arqon tls init` makes one.",
      },
    );
  if (requireClientCertificate && clientCaFile === undefined)
    throw new ArqonError("USAGE", "client certificates are required, but no CA file for them is named");
  return {
    mode,
    served,
    options: {
      cert,
      key,
      minVersion: "TLSv1.3",
      ecdhCurve: rules.groups,
      sigalgs: signatureList(rules),
      honorCipherOrder: true,
      ...(clientCaFile !== undefined && {
        ca: authorities(clientCaFile),
        requestCert: true,
        rejectUnauthorized: requireClientCertificate,
      }),
    },
  };
}

function authorities(path: string): string {
  const pem = readPem(path, "CA file");
  certificateIn(pem, path);
  return pem;
}

function requireValid({ validFromDate, validToDate }: X509Certificate, path: string, clock: Clock): void {
  const nowMs = clock.nowUs() / 1000;
  if (nowMs < validFromDate.getTime())
    throw refuse(`certificate ${path} is not valid before ${validFromDate.toISOString()}`);
  if (nowMs >= validToDate.getTime())
    throw refuse(`certificate ${path} expired at ${validToDate.toISOString()}`);
}
