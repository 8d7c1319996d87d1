/** The server's TLS: which certificates, who hears of handshakes, and what is kept of them. */
import {
  type BusOptions,
  Certificates,
  type Meter,
  type TlsFacts,
  type TlsObserver,
  type TlsRefusal,
  tlsNet,
} from "@arqon/bus";
import { ArqonError, type JsonObject, systemClock, systemEntropy, systemTimer } from "@arqon/core/base";
import { hasTls, tlsPaths, unlockTls, type Vault } from "@arqon/vault";
import type { TlsConfig } from "./config.ts";

/** What one thread needs to listen with TLS; crosses between threads. */
export interface TlsListening {
  readonly host: string;
  readonly files: ConstructorParameters<typeof Certificates>[0];
}

/** How often certificates are looked at for renewal. */
const RENEW_MS = 10_000;
/** Most handshakes whose record is on its way to the ledger. */
const MAX_OPEN = 256;

/**
 * Finds the certificates: those that are named, else those of `home`, whose keys the keystore unlocks.
 * @throws ArqonError `TLS_CERTIFICATE`, `KEYSTORE_LOCKED`
 */
export async function tlsListening(
  home: string,
  tls: TlsConfig,
  passphrase: string | undefined,
): Promise<TlsListening> {
  const {
    host = "127.0.0.1",
    mode = "hybrid",
    certificates = [],
    clientCaFile,
    requireClientCertificate,
  } = tls;
  const shared = { mode, clientCaFile, requireClientCertificate };
  if (certificates.length > 0)
    return { host, files: { ...shared, certificates, passphrase: tls.passphrase } };
  if (!hasTls(home))
    throw new ArqonError("TLS_CERTIFICATE", `${home}/tls has no certificates`, {
      remedy: "Make them with `arqon tls init`, or name your own with --tls-cert and --tls-key.",
    });
  const unlocked = await unlockTls({
    home,
    clock: systemClock,
    entropy: systemEntropy,
    ...(passphrase !== undefined && { passphrase }),
  });
  return { host, files: { ...shared, certificates: tlsPaths(home).certificates, passphrase: unlocked } };
}

/** Certificates that are renewed while the thread runs. */
export function openCertificates(
  { files }: TlsListening,
  timer: Parameters<Certificates["watch"]>[0],
  tell: (line: string) => void,
): Certificates {
  const certificates = new Certificates(files, systemClock, systemEntropy);
  certificates.watch(timer, RENEW_MS, tell);
  return certificates;
}

/** The bus's place with TLS. */
export function secureNet(
  listening: TlsListening,
  { port, tcpPort }: Pick<TlsConfig, "port" | "tcpPort">,
  observer: TlsObserver,
  tell: (line: string) => void,
): NonNullable<BusOptions["secure"]> {
  const certificates = openCertificates(listening, systemTimer(), tell);
  return {
    net: tlsNet({ certificates, observer }),
    host: listening.host,
    port,
    ...(tcpPort !== undefined && { tcpPort }),
  };
}

/** What was agreed with each client, and who was refused and why: counted, and kept in the governance ledger. */
export function recordHandshakes(meter: Meter, vault: Vault): (listener: string) => TlsObserver {
  let open = 0;
  let lost = 0;
  const keep = (entry: JsonObject): void => {
    if (open >= MAX_OPEN) {
      lost++;
      return;
    }
    open++;
    const record = { ...entry, ...(lost > 0 && { lost }) };
    lost = 0;
    void vault
      .audit(record)
      .catch(() => lost++)
      .finally(() => open--);
  };
  return (listener) => ({
    secured: (facts) => {
      meter.tls.secured(facts);
      keep({ event: "tls.connected", listener, ...factsJson(facts) });
    },
    refused: ({ reason, mode, error }) => {
      meter.tls.refused({ mode, reason });
      const { code, message, remedy } = error;
      keep({ event: "tls.refused", listener, mode, reason, code, message, remedy });
    },
  });
}

function factsJson({ identities, ...facts }: TlsFacts): JsonObject {
  return { ...facts, identities: [...identities] };
}

/** A handshake as it crosses from the gateway's thread. */
export type TlsNews =
  | { readonly secured: TlsFacts }
  | { readonly refused: Omit<TlsRefusal, "error"> & { readonly message: string; readonly remedy: string } };

/** Sends handshakes to another thread. */
export function newsOf(send: (news: { readonly tls: TlsNews }) => void): TlsObserver {
  return {
    secured: (facts) => send({ tls: { secured: facts } }),
    refused: ({ reason, mode, error: { message, remedy } }) =>
      send({ tls: { refused: { reason, mode, message, remedy } } }),
  };
}

/** Hands handshakes from another thread on. */
export function tellNews(news: TlsNews, observer: TlsObserver): void {
  if ("secured" in news) observer.secured(news.secured);
  else {
    const { message, remedy, ...refusal } = news.refused;
    observer.refused({ ...refusal, error: new ArqonError("TLS_REFUSED", message, { remedy }) });
  }
}
