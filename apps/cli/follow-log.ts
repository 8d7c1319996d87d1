/** A log that is read over HTTP (C2SP tlog-tiles), as far as a witness needs it. */
import { ArqonError, equalBytes, fromUtf8, requireLoopback } from "@arqon/core/base";
import {
  type CosignRequest,
  fromTiles,
  parseCheckpoint,
  proveConsistency,
  treeRoot,
} from "@arqon/core/proof";

const NOTE_BYTES = 65_536;
const TILE_BYTES = 8_192;
const PATIENCE_MS = 30_000;

/**
 * What the log at `url` (its checkpoint is `url/checkpoint`) would ask of a witness that knows it with `known` entries: the
 * proof is computed here, from tiles that lead to the checkpoint's root.
 * @throws ArqonError `SERVER_UNREACHABLE`, `AUTH_REQUIRED`, `PERMISSION_DENIED`, `TLS_REQUIRED`, `LEDGER_INVALID` when the
 *   tiles are not those of the checkpoint.
 */
export async function requestFrom(
  url: string,
  apiKey: string | undefined,
  known: (origin: string) => number,
): Promise<CosignRequest> {
  const base = baseOf(url);
  const read = (path: string, limit: number): Promise<Uint8Array> =>
    fetched(`${base}/${path}`, apiKey, limit);
  const note = textOf(await read("checkpoint", NOTE_BYTES), base);
  const { origin, size, root } = parseCheckpoint(note);
  const oldSize = known(origin);
  const tile = (path: string): Promise<Uint8Array> => read(path, TILE_BYTES);
  if (!equalBytes(await fromTiles(size, tile, (hash) => treeRoot(size, hash)), root))
    throw new ArqonError("LEDGER_INVALID", `${base}: the tiles do not lead to the root of the checkpoint`);
  const isGrown = oldSize > 0 && oldSize < size;
  const proof = isGrown ? await fromTiles(size, tile, (hash) => proveConsistency(oldSize, size, hash)) : [];
  return { oldSize, proof, note };
}

function textOf(bytes: Uint8Array, base: string): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new ArqonError("LEDGER_INVALID", `${base}/checkpoint is not UTF-8`, { cause });
  }
}

/** An API key goes nowhere unencrypted but to this machine. */
function baseOf(text: string): string {
  const url = URL.parse(text);
  if (!url || !["http:", "https:"].includes(url.protocol) || url.search || url.hash || url.username)
    throw new ArqonError("USAGE", `"${text}" is not the address of a log`, {
      remedy: "For example: http://127.0.0.1:7418/ledger/runs",
    });
  if (url.protocol === "http:") requireLoopback(url.hostname.replace(/^\[|\]$/g, ""), "plain HTTP");
  return url.href.replace(/\/+$/, "");
}

const REFUSALS: Readonly<Record<number, "AUTH_REQUIRED" | "PERMISSION_DENIED">> = {
  401: "AUTH_REQUIRED",
  403: "PERMISSION_DENIED",
};

async function fetched(url: string, apiKey: string | undefined, limit: number): Promise<Uint8Array> {
  let response: Response;
  const pieces: Uint8Array[] = [];
  try {
    response = await fetch(url, {
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(apiKey !== undefined && { headers: { Authorization: `Bearer ${apiKey}` } }),
    });
    let bytes = 0;
    for await (const piece of response.body ?? []) {
      bytes += piece.length;
      if (bytes > limit)
        throw new ArqonError("LIMIT_EXCEEDED", `${url} has more than the ${limit} bytes it may have`);
      pieces.push(piece);
    }
  } catch (cause) {
    if (cause instanceof ArqonError) throw cause;
    throw new ArqonError("SERVER_UNREACHABLE", `${url}: ${(cause as Error).message}`, { cause });
  }
  if (response.ok) return Buffer.concat(pieces);
  throw new ArqonError(
    REFUSALS[response.status] ?? "LEDGER_INVALID",
    `${url} is answered ${response.status} ${response.statusText}`,
  );
}
