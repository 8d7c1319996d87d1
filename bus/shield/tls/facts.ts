/** What was agreed in a handshake, as the server sees it. */
import type { TLSSocket } from "node:tls";
import type { CryptoMode } from "@arqon/core/proof";
import { GROUPS, schemeOf } from "./modes.ts";

/** One handshake. */
export interface TlsFacts {
  readonly mode: CryptoMode;
  readonly version: string;
  /** Key exchange, e.g. "X25519MLKEM768"; "unknown" counts as classical. */
  readonly group: string;
  /** How the server proved itself, e.g. "mldsa65"; "resumed" when an earlier handshake had. */
  readonly signature: string;
  readonly cipher: string;
  /** Whether the key exchange withstands a quantum computer. */
  readonly postQuantum: boolean;
  /** URIs a verified client certificate speaks for, e.g. "spiffe://lab/device-7". */
  readonly identities: readonly string[];
}

/** Reads the facts of a connection whose handshake has just succeeded, and at no other time. */
export function factsOf(socket: TLSSocket, mode: CryptoMode): TlsFacts {
  const code = groupOf(socket.getSession());
  const group = GROUPS.find((known) => known.code === code);
  return {
    mode,
    version: socket.getProtocol() ?? "unknown",
    group: group?.name ?? "unknown",
    signature: socket.isSessionReused() ? "resumed" : signatureOf(socket),
    cipher: socket.getCipher().standardName,
    postQuantum: group?.postQuantum ?? false,
    identities: socket.authorized ? identitiesOf(socket.getPeerX509Certificate()?.subjectAltName) : [],
  };
}

function signatureOf(socket: TLSSocket): string {
  const certificate = socket.getX509Certificate();
  return (certificate && schemeOf(certificate.publicKey)?.name) ?? "unknown";
}

/**
 * The group of a session, from its encoding: `[19] EXPLICIT INTEGER`, which OpenSSL fills for each connection, also a
 * resumed one. Node says it to clients only. `undefined` where there is none or the bytes are not understood.
 */
export function groupOf(session: Uint8Array | undefined): number | undefined {
  if (session === undefined) return undefined;
  let at = 0;
  const byte = (): number => session[at++] ?? Number.NaN;
  const length = (): number => {
    const first = byte();
    if (!(first & 0x80)) return first;
    let value = 0;
    for (let left = first & 0x7f; left > 0; left--) value = value * 256 + byte();
    return value;
  };
  if (byte() !== 0x30) return undefined;
  const end = Math.min(length() + at, session.length);
  while (at < end) {
    const tag = byte();
    const bytes = length();
    if (!(bytes >= 0)) return undefined;
    if (tag === 0xb3) {
      if (byte() !== 0x02) return undefined;
      let value = 0;
      for (let left = length(); left > 0; left--) value = value * 256 + byte();
      return value;
    }
    at += bytes;
  }
  return undefined;
}

/** URIs of a certificate's alternative names; none of those Node quotes because they hold what a URI cannot. */
export function identitiesOf(subjectAltName: string | undefined): string[] {
  if (subjectAltName === undefined || subjectAltName.includes('"')) return [];
  return subjectAltName
    .split(", ")
    .filter((name) => name.startsWith("URI:"))
    .map((name) => name.slice("URI:".length));
}
