/** The logs as static files over HTTP (C2SP tlog-tiles): what never changes may be kept, and the checkpoint is asked for again. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ArqonError, sha256Hex } from "@arqon/core/base";
import { chunksOf } from "./chunks.ts";
import { showsNothing } from "./guard.ts";
import type { GatewayRequest, GatewayResponse } from "./http.ts";
import type { Call } from "./jobs.ts";
import { FIXED_HEADERS } from "./send.ts";

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
  const pieces = chunksOf(name, (at) => client.logFile(log, path, at, signal));
  const first = await pieces.next();
  if (first.done) throw new ArqonError("INTERNAL", "a file of a log without bytes");
  const { data, totalBytes } = first.value;
  const isTile = path !== "checkpoint";
  const scope = showsNothing(request) ? "public" : "private";
  // What comes in several pieces is passed on as it comes: it is a tile, which its reader keeps without asking again.
  const tag = data.length === Number(totalBytes) ? `"${sha256Hex(data).slice(0, 32)}"` : undefined;
  const headers = {
    ...FIXED_HEADERS,
    "Cache-Control": isTile ? `${scope}, max-age=31536000, immutable` : `${scope}, no-cache`,
    Vary: "Authorization",
    ...(tag !== undefined && { ETag: tag }),
  };
  if (tag !== undefined && hasIt(request, tag)) {
    response.writeHead(304, headers);
    response.end();
    return;
  }
  response.writeHead(200, {
    ...headers,
    "Content-Type": isTile ? "application/octet-stream" : "text/plain; charset=utf-8",
    "Content-Length": String(totalBytes),
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    yield data;
    for await (const piece of pieces) yield piece.data;
  };
  await pipeline(Readable.from(bytes(), { objectMode: false }), response as NodeJS.WritableStream);
}

function hasIt({ headers }: GatewayRequest, tag: string): boolean {
  const known = headers["if-none-match"];
  if (typeof known !== "string") return false;
  return known.split(",").some((one) => ["*", tag].includes(one.trim().replace(/^W\//, "")));
}
