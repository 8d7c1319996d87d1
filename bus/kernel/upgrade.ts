/** The HTTP/1.1 request in front of a WebSocket, and the few plain answers a bus gives. */
import { hash } from "node:crypto";
import { ArqonError } from "@arqon/core/base";

/** Most bytes of a request head. */
export const MAX_HEAD_BYTES = 8_192;

/** A request head. */
export interface RequestHead {
  readonly method: string;
  /** Path without its query. */
  readonly path: string;
  /** Values by lower-case name; repeated fields are joined with ", ". */
  readonly headers: ReadonlyMap<string, string>;
  /** Bytes of the head with its blank line; what follows is the first frame. */
  readonly bytes: number;
}

/** What a WebSocket client asked for. */
export interface UpgradeRequest {
  readonly key: string;
  readonly protocols: readonly string[];
  readonly origin: string | undefined;
  readonly bearer: string | undefined;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const bad = (why: string): ArqonError => new ArqonError("WIRE_PROTOCOL", `bad HTTP request: ${why}`);

/**
 * Parses a request head once its blank line has come.
 * @returns undefined while the head is incomplete.
 * @throws ArqonError `WIRE_TOO_LARGE` over {@link MAX_HEAD_BYTES}, `WIRE_PROTOCOL` when it is malformed.
 */
export function parseHead(bytes: Uint8Array): RequestHead | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = buffer.indexOf("\r\n\r\n");
  if (end < 0 ? buffer.length >= MAX_HEAD_BYTES : end + 4 > MAX_HEAD_BYTES)
    throw new ArqonError("WIRE_TOO_LARGE", `HTTP request head of over ${MAX_HEAD_BYTES} bytes`);
  if (end < 0) return undefined;
  const lines = buffer.toString("latin1", 0, end).split("\r\n");
  const [method = "", target = "", version = "", ...more] = (lines[0] as string).split(" ");
  if (!TOKEN.test(method) || !target.startsWith("/") || version !== "HTTP/1.1" || more.length > 0)
    throw bad("its first line is not METHOD /path HTTP/1.1");
  const headers = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || !TOKEN.test(name)) throw bad("a header line is malformed");
    const value = line.slice(colon + 1).trim();
    if (/[\0\r\n]/.test(value)) throw bad("a header value has control characters");
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const path = target.split("?")[0] as string;
  return { method, path, headers, bytes: end + 4 };
}

const listed = (value: string | undefined): string[] =>
  (value ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item.length > 0);

/**
 * Reads the WebSocket part of a head; `undefined` when it does not ask for an upgrade.
 * @throws ArqonError `WIRE_PROTOCOL` when it asks in a form RFC 6455 does not allow.
 */
export function parseUpgrade(head: RequestHead): UpgradeRequest | undefined {
  const { headers } = head;
  if (!listed(headers.get("upgrade")).some((name) => name.toLowerCase() === "websocket")) return undefined;
  if (head.method !== "GET") throw bad("an upgrade must be a GET");
  if (!listed(headers.get("connection")).some((name) => name.toLowerCase() === "upgrade"))
    throw bad("Connection does not name upgrade");
  if (!headers.has("host")) throw bad("Host is missing");
  if (headers.get("sec-websocket-version") !== "13") throw bad("Sec-WebSocket-Version is not 13");
  const key = headers.get("sec-websocket-key") ?? "";
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) throw bad("Sec-WebSocket-Key is not 16 bytes of base64");
  const authorization = headers.get("authorization");
  return {
    key,
    protocols: listed(headers.get("sec-websocket-protocol")),
    origin: headers.get("origin"),
    bearer: bearerOf(authorization),
  };
}

/** The key in an Authorization header. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1];
}

/** The answer that accepts an upgrade; without a subprotocol when none is given. */
export function acceptUpgrade(key: string, protocol?: string): Uint8Array {
  const accept = hash("sha1", `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, "base64");
  return Buffer.from(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${protocol === undefined ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`}\r\n`,
  );
}

/** A whole plain answer, with a JSON body unless another type is named; the connection is closed after it. */
export function httpAnswer(
  status: number,
  reason: string,
  body: string,
  extra = "",
  mediaType = "application/json",
): Uint8Array {
  return Buffer.from(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: ${mediaType}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n${extra}\r\n${body}`,
  );
}
