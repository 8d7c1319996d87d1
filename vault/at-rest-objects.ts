/** Encrypts objects that were stored in plain text. */
import type { ObjectStore } from "./objects/index.ts";

/** An object of more bytes is turned piece by piece. */
const LONG_BYTES = 64 * 2 ** 20;

/** Writes an object that lies in plain text again, encrypted. One that does not stays as it is. */
export async function encryptObject(objects: ObjectStore, digest: string): Promise<void> {
  const facts = await objects.stat(digest);
  if (!facts) return;
  if (facts.storedBytes <= LONG_BYTES) {
    const bytes = await objects.get(digest);
    if (bytes) await objects.put([bytes]);
    return;
  }
  const open = async function* (): AsyncIterable<Uint8Array> {
    yield* (await objects.read(digest)) ?? [];
  };
  let size = 0;
  for await (const piece of open()) size += piece.length;
  if (facts.storedBytes === size) await objects.putLong({ sha256: digest, size, open });
}
