/** What a server is started with. */
import type { LabWorkerKind } from "@arqon/lab/operators";

/** The services that can run beside the bus, in the order they are started: the scheduler needs to find its backends. */
export const SERVICES: readonly Service[] = ["quantum", "scheduler", "replay", "sealer", "artifacts"];
/** One of them; each runs in a worker of its own. */
export type Service = LabWorkerKind;

/** Settings of `startServer`. */
export interface ServerConfig {
  /** Directory of all state; made if missing. */
  readonly home: string;
  /** TCP port on loopback; 0 picks a free one. */
  readonly port: number;
  /** TCP port of the gateway (HTTP and gRPC) on loopback; 0 picks a free one. Left out: no gateway. */
  readonly httpPort?: number | undefined;
  /** Which services to start; all of them by default. */
  readonly services?: readonly Service[];
  /** Opens the keystore; without one the credential file in `home` does. */
  readonly passphrase?: string | undefined;
  /** Told of what no client can be told: an error of a service, the death of a thread. */
  readonly onTrouble?: (line: string) => void;
}
