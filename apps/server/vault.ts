/** The vault beside the bus: its thread, who may open whose door, and the keys of the log's files that come from it. */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { systemEntropy } from "@arqon/core/base";
import { connectFileKeys, connectVault, type FileKeys, type Vault, type VaultPort } from "@arqon/vault";
import { type Access, openAccess } from "./access.ts";
import type { ServerConfig } from "./config.ts";
import { startThread, type Thread } from "./thread.ts";
import type { VaultThreadData } from "./vault-thread.ts";

/** What a server has of its vault. */
export interface VaultSide {
  readonly access: Access;
  readonly thread: Thread;
  readonly vault: Vault;
  /** Another door to the vault, for a service. */
  port(): MessagePort;
  /** Keys of the log's files; a door of its own, which no service has. */
  fileKeys(): FileKeys;
}

/**
 * Starts the vault's thread. The data directory must be ours by now.
 * @param closing  takes the ways to end what was started.
 * @param graceMs  how long the thread may take to end.
 */
export async function startVault(
  config: ServerConfig,
  after: Parameters<typeof startThread>[4],
  graceMs: number,
  closing: (() => Promise<void> | void)[],
): Promise<VaultSide> {
  const access = openAccess(config.home, systemEntropy);
  const data: VaultThreadData = {
    home: config.home,
    secrets: [access.ownerKey, ...Object.values(access.serviceKeys)],
    ...(config.passphrase !== undefined && { passphrase: config.passphrase }),
    ...(config.stores && { stores: config.stores }),
  };
  const thread = await startThread("vault", new URL("./vault-thread.ts", import.meta.url), data, [], after);
  closing.push(() => thread.stop(graceMs));
  const door = (order: "serve" | "keys"): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    thread.tell({ [order]: port1 }, [port1]);
    return port2;
  };
  const vault = connectVault(door("serve") as unknown as VaultPort);
  closing.push(() => vault.close());
  return {
    access,
    thread,
    vault,
    port: () => door("serve"),
    fileKeys() {
      const keys = connectFileKeys(door("keys") as unknown as VaultPort);
      closing.push(() => keys.close());
      return keys;
    },
  };
}

/** Keys from a vault that is started when the first is needed. */
export function lateFileKeys(open: () => Promise<FileKeys>): FileKeys {
  let opened: Promise<FileKeys> | undefined;
  const keys = (): Promise<FileKeys> => {
    opened ??= open();
    return opened;
  };
  return {
    create: async (context) => (await keys()).create(context),
    open: async (wrapped, context) => (await keys()).open(wrapped, context),
    isNewest: async (wrapped) => (await keys()).isNewest(wrapped),
  };
}
