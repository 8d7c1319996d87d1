/** Encrypts what lies in the logs of a home in plain text, or under an older key, while no server runs there. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { logDirectory, nodeDisk, openSegmentEngine } from "@arqon/bus/engine";
import { systemEntropy, systemTimer } from "@arqon/core/base";
import type { FileKeys } from "@arqon/vault";

const OWNER_KEY = "log.owner.";

/** What of the logs is encrypted, and who hears of it. */
export interface EncryptLogs {
  /** Also what lies under an older key. */
  readonly renew: boolean;
  readonly onProgress: (reality: string, segments: number, of: number) => void;
}

/**
 * Opens every log of `home` with keys, which encrypts it. One that was cut short goes on where it stopped.
 * @returns how many segments were encrypted.
 * @throws ArqonError `LOG_LOCKED` while a server has them.
 */
export async function encryptLogs(
  home: string,
  fileKeys: FileKeys,
  { renew, onProgress }: EncryptLogs,
): Promise<number> {
  let segments = 0;
  const engine = await openSegmentEngine({
    disk: nodeDisk(home),
    timer: systemTimer(),
    entropy: systemEntropy,
    fileKeys,
    renewBoxes: renew,
    observer: {
      committed: () => {},
      synced: () => {},
      encrypted: (reality, done, of) => {
        segments++;
        onProgress(reality, done, of);
      },
    },
  });
  try {
    for (const key of await engine.keys.list(OWNER_KEY)) {
      const reality = key.slice(OWNER_KEY.length);
      // One that was deleted has left its owner's number; opening it would make it again.
      if (!existsSync(join(home, logDirectory(reality)))) continue;
      const log = await engine.openLog(reality);
      await log.close();
    }
  } finally {
    await engine.close();
  }
  return segments;
}
