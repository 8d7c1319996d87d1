/** SHA-256 beside the event loop: what is large is hashed by another thread of the process. */
import { sha256 } from "@arqon/core/base";

/** Below this the way to the other thread costs more than the hash. */
const THREAD_BYTES = 16 * 1024;

/** SHA-256 of `bytes`, which must stay as they are until it is there. */
export async function threadDigest(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (bytes.length < THREAD_BYTES) return sha256(bytes);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
