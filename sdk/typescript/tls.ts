/** How a server beyond this machine is trusted, and how this client proves itself. Files are read under Node only. */
import { ArqonError } from "@arqon/core/base";

/** Files for `wss://` and `tls://`, all PEM. A browser has its own. */
export interface TlsFiles {
  /** Authorities a server may be certified by, instead of the system's. Default: ARQON_CA. */
  readonly caFile?: string | undefined;
  /** Certificate of this client, with its chain. Default: ARQON_CLIENT_CERT. */
  readonly certFile?: string | undefined;
  /** Its private key. Default: ARQON_CLIENT_KEY. */
  readonly keyFile?: string | undefined;
  /** Opens an encrypted private key. Default: ARQON_CLIENT_PASSPHRASE. */
  readonly passphrase?: string | undefined;
}

/** What node:tls is told; files as text. */
export interface SecureOptions {
  readonly minVersion: "TLSv1.3";
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
}

/**
 * Options of a TLS connection: version 1.3, and the files as they are now.
 * @throws ArqonError `TLS_CERTIFICATE` for a file that cannot be used.
 */
export function secureOptions(files: TlsFiles, read: (path: string) => string): SecureOptions {
  const { caFile, certFile, keyFile, passphrase } = files;
  const pem = (path: string): string => {
    let text: string;
    try {
      text = read(path);
    } catch (cause) {
      throw new ArqonError("TLS_CERTIFICATE", `${path} cannot be read: ${(cause as Error).message}`, {
        cause,
      });
    }
    if (!text.includes("-----BEGIN ")) throw new ArqonError("TLS_CERTIFICATE", `${path} is not PEM`);
    return text;
  };
  return {
    minVersion: "TLSv1.3",
    ...(caFile !== undefined && { ca: pem(caFile) }),
    ...(certFile !== undefined && { cert: pem(certFile) }),
    ...(keyFile !== undefined && { key: pem(keyFile) }),
    ...(passphrase !== undefined && { passphrase }),
  };
}

const UNTRUSTED =
  /^(CERT_|ERR_TLS_CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH)/;

/** Why a TLS handshake failed; `undefined` when TLS is not the reason. */
export function handshakeError(cause: unknown, url: string): ArqonError | undefined {
  const { code = "", message } = cause as { code?: string; message: string };
  if (UNTRUSTED.test(code))
    return new ArqonError(
      "TLS_UNTRUSTED",
      `the certificate of ${url} is not accepted: ${message} (${code})`,
      {
        cause,
      },
    );
  if (!code.startsWith("ERR_SSL_")) return undefined;
  const isPlain = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code);
  return new ArqonError(
    "TLS_REFUSED",
    isPlain ? `${url} speaks no TLS` : `${url} refused the handshake (${code})`,
    { cause, ...(isPlain && { remedy: "Use ws:// for a server on this machine." }) },
  );
}
