/** The logs as static files over HTTP (C2SP tlog-tiles): what never changes may be kept, and the checkpoint is asked for again. */
import { ArqonError, concatBytes, sha256Hex } from "@arqon/core/base";
import { MAX_ENTRY_BUNDLE_BYTES } from "@arqon/core/proof";
import { chunksOf } from "./chunks.ts";
import type { GatewayRequest, GatewayResponse } from "./http.ts";
import type { Call } from "./jobs.ts";
import { FIXED_HEADERS, send } from "./send.ts";

/** The URI of whom `access.json` lets read without a key. */
export const ANYONE = "urn:arqon:anyone";

/** A log and the path of one of its files, as they stand in the path of a request. */
export const LOG_FILE: RegExp = /^\/ledger\/((?:runs|governance)\/[a-z0-9./]{1,64})$/;

/** Sends a file of a log, or 304 where the caller has it. */
export async function sendLogFile(
  { client, signal }: Call,
  name: string,
  request: GatewayRequest,
  response: GatewayResponse,
): Promise<void> {
  const slash = name.indexOf("/");
  const [log, path] = [name.slice(0, slash) as "runs" | "governance", name.slice(slash + 1)];
  const pieces: Uint8Array[] = [];
  for await (const { data, totalBytes } of chunksOf(name, (at) => client.logFile(log, path, at, signal))) {
    if (totalBytes > MAX_ENTRY_BUNDLE_BYTES)
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `${name} has ${totalBytes} bytes, limit ${MAX_ENTRY_BUNDLE_BYTES}`,
      );
    pieces.push(data);
  }
  const body = concatBytes(...pieces);
  const isTile = path !== "checkpoint";
  // Who shows no key reads what everyone may.
  const scope = request.headers.authorization === undefined ? "public" : "private";
  const headers = {
    "Cache-Control": isTile ? `${scope}, max-age=31536000, immutable` : `${scope}, no-cache`,
    ETag: `"${sha256Hex(body).slice(0, 32)}"`,
    Vary: "Authorization",
  };
  if (hasIt(request, headers.ETag)) {
    response.writeHead(304, { ...FIXED_HEADERS, ...headers });
    response.end();
    return;
  }
  const type = isTile ? "application/octet-stream" : "text/plain; charset=utf-8";
  if (request.method !== "HEAD") return send(response, 200, type, body, headers);
  response.writeHead(200, {
    ...FIXED_HEADERS,
    ...headers,
    "Content-Type": type,
    "Content-Length": String(body.length),
  });
  response.end();
}

function hasIt({ headers }: GatewayRequest, tag: string): boolean {
  const known = headers["if-none-match"];
  if (typeof known !== "string") return false;
  return known.split(",").some((one) => ["*", tag].includes(one.trim().replace(/^W\//, "")));
}
