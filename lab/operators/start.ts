/** Starts one service of the lab in this thread: connects it to the bus and to the vault. */
import type { ArqonError } from "@arqon/core/base";
import { type ConnectOptions, SDK_VERSION } from "@arqon/sdk";
import { connectVault, type VaultPort } from "@arqon/vault";
import type { Ground, Stop } from "./ground.ts";
import type { LabWorkerKind, WorkerConfig } from "./worker-config.ts";

/** A running service. */
export interface LabWorker {
  readonly kind: LabWorkerKind;
  /** Takes no more jobs, gives running ones `graceMs` (default 2 s), and disconnects. */
  stop(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 2_000;

/** A thread reads the one service it runs. */
const STARTS: Readonly<Record<LabWorkerKind, () => Promise<{ start(ground: Ground): Promise<Stop> }>>> = {
  scheduler: () => import("./start-scheduler.ts"),
  quantum: () => import("./start-quantum.ts"),
  qml: () => import("./start-qml.ts"),
  replay: () => import("./start-replay.ts"),
  sealer: () => import("./start-sealer.ts"),
  artifacts: () => import("./start-artifacts.ts"),
};

/**
 * Starts a service; it takes jobs once this resolves.
 * @param onError  told of what no job can report.
 * @throws ArqonError what `connect` can throw.
 */
export async function startLabWorker(
  kind: LabWorkerKind,
  config: WorkerConfig,
  onError: (error: ArqonError) => void = () => {},
): Promise<LabWorker> {
  const vault = connectVault(config.vaultPort as unknown as VaultPort);
  const connection: ConnectOptions = {
    url: config.url,
    apiKey: config.apiKey,
    reality: config.reality ?? "main",
    client: `arqon-${kind}/${SDK_VERSION}`,
    onError,
  };
  const ground: Ground = { kind, config, vault, connection, onError };
  const { start } = await STARTS[kind]();
  const stop = await start(ground);
  return {
    kind,
    stop: async (graceMs = DEFAULT_GRACE_MS) => {
      await stop(graceMs);
      await vault.close();
    },
  };
}
