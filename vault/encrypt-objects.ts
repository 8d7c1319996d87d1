/** Brings what a vault keeps under its newest wrapping key: what lies in plain text, and what an older key wrapped. */
import { ArqonError } from "@arqon/core/base";
import type { VaultParts } from "./parts.ts";

/** What was there, and how much of it was written anew. */
export interface Encrypted {
  readonly objects: number;
  readonly renewedObjects: number;
  /** These stay as they are, and can be read by nobody under any key. */
  readonly damagedObjects: number;
  /** Of the governance ledger. */
  readonly renewedEntries: number;
}

/** Objects looked at before others may write. */
const BATCH = 50;

/** Encrypts anew whatever is not under the newest key, and notes it. What is added meanwhile is under it anyway. */
export async function encryptObjects(
  { runs, governance, objects, audit, clock }: VaultParts,
  onProgress: (done: number, of: number) => void,
): Promise<Encrypted> {
  // Whoever is sealing may have taken the key of before: what they store must be in the list.
  const digests = await runs.exclusive(() => objects.list(""));
  let [renewedObjects, damagedObjects] = [0, 0];
  const renew = async (digest: string): Promise<void> => {
    try {
      if (await objects.renew(digest)) renewedObjects++;
    } catch (thrown) {
      if (ArqonError.from(thrown).code !== "BUNDLE_TAMPERED") throw thrown;
      damagedObjects++;
    }
  };
  for (let done = 0; done < digests.length; done += BATCH) {
    // No object is stored, collected or looked for by a check meanwhile.
    await runs.exclusive(async () => {
      for (const digest of digests.slice(done, done + BATCH)) await renew(digest);
    });
    onProgress(Math.min(done + BATCH, digests.length), digests.length);
  }
  await runs.exclusive(() => objects.sweep(clock.nowUs()));
  const renewedEntries = await governance.encodeOld();
  const encrypted = { objects: digests.length, renewedObjects, damagedObjects, renewedEntries };
  await audit.append({ event: "objects.encrypt", ...encrypted });
  return encrypted;
}
