/** Whole answers over either version of HTTP. */
import { type IncomingMessage, ServerResponse } from "node:http";
import { type ArqonError, utf8 } from "@arqon/core/base";
import type { GatewayResponse } from "./http.ts";
import { errorBody, httpStatus } from "./status.ts";

/** Has the connection of HTTP/1 closed after the answer when the request was not read to its end. */
export function endUnread(response: GatewayResponse): void {
  if (response instanceof ServerResponse && isReceiving(response.req)) response.shouldKeepAlive = false;
}

/** On every answer: nothing here is for a browser to guess at, show or keep. */
export const FIXED_HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Disposition": "attachment",
  "X-Content-Type-Options": "nosniff",
};

/** Sends a body. */
export function send(
  response: GatewayResponse,
  status: number,
  contentType: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...FIXED_HEADERS,
    ...headers,
    "Content-Type": contentType,
    "Content-Length": String(body.length),
  });
  response.end(body);
}

/** Sends an error as `{code, message, remedy}`. What is left of the request is not waited for. */
export function sendError(
  response: GatewayResponse,
  error: ArqonError,
  status: number = httpStatus(error),
  headers: Readonly<Record<string, string>> = {},
): void {
  endUnread(response);
  const challenge = status === 401 ? { "WWW-Authenticate": "Bearer" } : {};
  send(response, status, "application/json", utf8(errorBody(error)), { ...challenge, ...headers });
}

function isReceiving({ complete, headers }: IncomingMessage): boolean {
  return (
    !complete && (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0)
  );
}
