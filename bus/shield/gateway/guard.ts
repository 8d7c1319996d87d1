/** What is asked of every request before it is looked at further. */
import type { TLSSocket } from "node:tls";
import { ArqonError } from "@arqon/core/base";
import { originAllowed } from "../limits.ts";
import { identitiesOf } from "../tls/index.ts";
import type { KeyOf } from "./client.ts";
import type { GatewayRequest } from "./http.ts";
import type { GatewayLimits } from "./limits.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** The part of a request's head that is looked at here. */
export interface Head {
  /** Host header, or the authority of HTTP/2. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/**
 * Refuses pages of other origins, and names that merely resolve to this machine (DNS rebinding); under TLS the certificate
 * says which names are right.
 * @throws ArqonError `ORIGIN_REFUSED`
 */
export function requireLocal({ host = "", origin }: Head, limits: GatewayLimits, isSecure = false): void {
  const name = URL.parse(`http://${host}`)?.hostname ?? "";
  if (!isSecure && !LOOPBACK.has(name))
    throw new ArqonError(
      "ORIGIN_REFUSED",
      `host "${host.slice(0, 128)}" is not a name of this machine's loopback`,
      { remedy: "Use 127.0.0.1 or localhost in the address." },
    );
  if (!originAllowed(origin, limits))
    throw new ArqonError("ORIGIN_REFUSED", `origin "${(origin ?? "").slice(0, 128)}" may not call`);
}

const BEARER = /^Bearer +([\x21-\x7e]{1,512})$/i;

/**
 * The API key a request is made with: its own, or where it shows none that of its client certificate.
 * @param anyone  whom a request that shows nothing speaks for; nobody where it is left out.
 * @throws ArqonError `AUTH_REQUIRED`
 */
export async function callerKey(
  { headers, socket }: GatewayRequest,
  keyOf: KeyOf,
  anyone?: string,
): Promise<string> {
  const { authorization } = headers;
  const identities = authorization === undefined ? certified(socket) : [];
  if (identities.length > 0) return keyOf(identities);
  if (authorization !== undefined || anyone === undefined) return requireKey(authorization);
  return keyOf([anyone]).catch(() => requireKey(undefined));
}

/** Whether a request shows neither a key nor a certificate: what it gets, everyone gets. */
export function showsNothing({ headers, socket }: Pick<GatewayRequest, "headers" | "socket">): boolean {
  return headers.authorization === undefined && certified(socket).length === 0;
}

/** URIs of a client's verified certificate. */
function certified(socket: GatewayRequest["socket"]): readonly string[] {
  const { authorized, getPeerX509Certificate: certificate } = socket as Partial<TLSSocket>;
  return authorized ? identitiesOf(certificate?.call(socket)?.subjectAltName) : [];
}

/** The API key of a header. @throws ArqonError `AUTH_REQUIRED` */
export function requireKey(authorization: string | null | undefined): string {
  const key = BEARER.exec(authorization ?? "")?.[1];
  if (key === undefined)
    throw new ArqonError("AUTH_REQUIRED", 'the request needs the header "Authorization: Bearer <API key>"');
  return key;
}
