/** The vault's thread: opens it, then serves it on every port it is handed. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { ArqonError, systemClock, systemEntropy } from "@arqon/core/base";
import { openVault, type StorePlaces, serveFileKeys, serveVault } from "@arqon/vault";
import type { ThreadReply } from "./thread.ts";

/** What the thread is started with. */
export interface VaultThreadData {
  readonly home: string;
  readonly passphrase?: string;
  readonly secrets: readonly string[];
  readonly stores?: StorePlaces;
}

/** What it is told. */
export type VaultThreadOrder =
  | { readonly serve: MessagePort }
  /** The door for keys of the log's files. */
  | { readonly keys: MessagePort }
  | { readonly stop: true };

const port = parentPort;
if (!port) throw new TypeError("vault-thread.ts runs in a worker");
const reply = (message: ThreadReply): void => port.postMessage(message);

try {
  const vault = await openVault({
    ...(workerData as VaultThreadData),
    clock: systemClock,
    entropy: systemEntropy,
  });
  const served = new Set<Promise<void>>();
  port.on("message", async (order: VaultThreadOrder) => {
    if ("serve" in order) {
      served.add(serveVault(vault, order.serve));
      return;
    }
    if ("keys" in order) {
      served.add(serveFileKeys(vault.fileKeys, order.keys));
      return;
    }
    await Promise.allSettled(served);
    await vault.close();
    port.close();
  });
  reply({ ready: true });
} catch (thrown) {
  const { code, message, remedy } = ArqonError.from(thrown);
  reply({ failed: { code, message, remedy } });
  port.close();
}
