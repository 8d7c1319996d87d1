/** Fetches an artifact's ZIP, chunk by chunk. */
import { ArqonError } from "@arqon/core/base";
import { BundleChunkSchema, BundleGetSchema } from "@arqon/core/wire";
import type { Client } from "./client.ts";
import { typed } from "./payload.ts";
import type { WaitOptions } from "./wait.ts";

/** How to fetch; `timeoutMs` bounds each chunk. */
export interface FetchBundleOptions extends WaitOptions {
  /** Largest archive accepted. Default 1 GiB. */
  readonly maxBytes?: number;
}

/** Topic that serves bundles. */
export const BUNDLE_TOPIC = "artifact.bundle.get";

/**
 * The canonical ZIP of an artifact. It is not verified here; see `verifyBundle`.
 * @throws ArqonError `ARTIFACT_UNKNOWN`, `LIMIT_EXCEEDED`, `BUNDLE_MALFORMED` when the chunks do not fit together.
 */
export async function fetchBundle(
  client: Client,
  artifactId: string,
  options: FetchBundleOptions,
): Promise<Uint8Array> {
  const { maxBytes = 2 ** 30, ...wait } = options;
  let whole: Uint8Array | undefined;
  let offset = 0;
  do {
    const get = typed(BundleGetSchema, { artifactId, offset: BigInt(offset) });
    const chunk = (await client.request(BUNDLE_TOPIC, get, wait)).unpack(BundleChunkSchema);
    const totalBytes = Number(chunk.totalBytes);
    if (totalBytes > maxBytes)
      throw new ArqonError("LIMIT_EXCEEDED", `${artifactId} has ${totalBytes} bytes, limit ${maxBytes}`);
    whole ??= new Uint8Array(totalBytes);
    const end = offset + chunk.data.length;
    if (Number(chunk.offset) !== offset || totalBytes !== whole.length || end > totalBytes || end === offset)
      throw new ArqonError(
        "BUNDLE_MALFORMED",
        `${artifactId}: chunk of ${chunk.data.length} bytes at ${chunk.offset} of ${totalBytes}, expected ${offset} of ${whole.length}`,
      );
    whole.set(chunk.data, offset);
    offset = end;
  } while (offset < whole.length);
  return whole;
}
