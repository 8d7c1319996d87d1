/** Long answers of services on the bus, which come in pieces. */
import { ArqonError } from "@arqon/core/base";
import type { BundleChunk } from "@arqon/core/wire";

/**
 * The pieces of one answer, each where the one before it ended.
 * @throws ArqonError `BUNDLE_MALFORMED` when they do not fit together; what `ask` throws.
 */
export async function* chunksOf(
  what: string,
  ask: (offset: number) => Promise<BundleChunk>,
): AsyncGenerator<BundleChunk> {
  let offset = 0;
  let totalBytes: bigint | undefined;
  do {
    const chunk = await ask(offset);
    totalBytes ??= chunk.totalBytes;
    if (
      Number(chunk.offset) !== offset ||
      chunk.totalBytes !== totalBytes ||
      chunk.data.length === 0 ||
      offset + chunk.data.length > totalBytes
    )
      throw new ArqonError(
        "BUNDLE_MALFORMED",
        `${what}: ${chunk.data.length} bytes at ${chunk.offset} of ${chunk.totalBytes}, expected ${offset} of ${totalBytes}`,
      );
    offset += chunk.data.length;
    yield chunk;
  } while (offset < totalBytes);
}
