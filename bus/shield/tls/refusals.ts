/** Why a handshake failed, in words that help whoever looks at the server's side: the client sees an alert only. */
import { ArqonError } from "@arqon/core/base";
import type { CryptoMode } from "@arqon/core/proof";
import { TLS_RULES } from "./modes.ts";

/** A word for metrics; the list is closed. */
export type TlsRefusalReason =
  | "version"
  | "key_exchange"
  | "signature"
  | "client_certificate"
  | "untrusted"
  | "not_tls"
  | "left"
  | "late"
  | "other";

/** One refused handshake. */
export interface TlsRefusal {
  readonly reason: TlsRefusalReason;
  readonly mode: CryptoMode;
  readonly error: ArqonError;
}

const REASONS: readonly (readonly [RegExp, TlsRefusalReason, string])[] = [
  [/UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|INAPPROPRIATE_FALLBACK/, "version", "the client speaks no TLS 1.3"],
  [
    /NO_SUITABLE_(KEY_SHARE|GROUPS)|NO_SHARED_GROUP|BAD_KEY_SHARE/,
    "key_exchange",
    "the client offers no key exchange of this mode",
  ],
  [
    /NO_SHARED_SIGNATURE|NO_SUITABLE_SIGNATURE|WRONG_SIGNATURE_TYPE|NO_SHARED_CIPHER/,
    "signature",
    "the client takes no signature of this mode",
  ],
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE/, "client_certificate", "the client shows no certificate"],
  [
    /CERTIFICATE_VERIFY_FAILED|CERT_|SELF_SIGNED|UNABLE_TO|CA_MD_TOO_WEAK/,
    "client_certificate",
    "the client's certificate is not accepted",
  ],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE|UNSUPPORTED_CERTIFICATE)/,
    "untrusted",
    "the client does not trust the server's certificate",
  ],
  [
    /HTTP_REQUEST|HTTPS_PROXY_REQUEST|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|BAD_RECORD_TYPE|RECORD_TOO_|UNEXPECTED_MESSAGE|LENGTH_MISMATCH/,
    "not_tls",
    "what came is not TLS",
  ],
  [/HANDSHAKE_TIMEOUT/, "late", "the handshake took too long"],
  [/ECONNRESET|EPIPE|ECONNABORTED/, "left", "the client left during the handshake"],
];

const OWN_CA = "Give the client the server's CA file (tls/ca.pem of its ARQON_HOME; the SDKs read ARQON_CA).";

/** Where it is not the mode that a client is to be helped with. */
const REMEDIES: Partial<Record<TlsRefusalReason, string>> = {
  client_certificate:
    "Use a certificate of the authority this listener trusts, e.g. from `arqon tls client`.",
  untrusted: OWN_CA,
  left: `Some clients leave like this when they do not trust the certificate. ${OWN_CA}`,
  not_tls: "Use wss:// or https:// for this port.",
};

/** What a failed handshake was about. */
export function refusalOf(cause: unknown, mode: CryptoMode): TlsRefusal {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const [, reason, words] = REASONS.find(([pattern]) => pattern.test(code)) ?? [undefined, "other", message];
  return {
    reason: reason as TlsRefusalReason,
    mode,
    error: new ArqonError("TLS_REFUSED", `${words} (mode ${mode}; ${code || "no code"})`, {
      cause,
      remedy: REMEDIES[reason as TlsRefusalReason] ?? `This listener needs ${TLS_RULES[mode].needs}.`,
    }),
  };
}
