/** What a server is started with. */
import type { CertificateFiles } from "@arqon/bus";
import type { CryptoMode } from "@arqon/core/proof";
import type { LabWorkerKind } from "@arqon/lab/operators";
import type { RuntimeLimits } from "@arqon/lab/runtime";
import type { StorePlaces } from "@arqon/vault";

/** The services that can run beside the bus. */
export const SERVICES: readonly Service[] = ["quantum", "scheduler", "qml", "replay", "sealer", "artifacts"];
/** One of them; each runs in a worker of its own. */
export type Service = LabWorkerKind;

/** Listeners with TLS 1.3, beside the plain ones on loopback. */
export interface TlsConfig {
  /** Address to listen on; loopback by default. */
  readonly host?: string | undefined;
  /** TCP port of the bus; 0 picks a free one. */
  readonly port: number;
  /** TCP port for messages without WebSocket; 0 picks a free one. Left out: none. */
  readonly tcpPort?: number | undefined;
  /** TCP port of the gateway; 0 picks a free one. Left out: no gateway. */
  readonly httpPort?: number | undefined;
  /** "hybrid" by default. */
  readonly mode?: CryptoMode | undefined;
  /** Left out or empty: those in `tls/` of the home. */
  readonly certificates?: readonly CertificateFiles[] | undefined;
  /** Opens encrypted private keys of `certificates`. */
  readonly passphrase?: string | undefined;
  /** Authorities of client certificates, which then speak for the principals whose identities they name. */
  readonly clientCaFile?: string | undefined;
  readonly requireClientCertificate?: boolean | undefined;
}

/** Settings of `startServer`. */
export interface ServerConfig {
  /** Directory of all state; made if missing. */
  readonly home: string;
  /** Address of the bus without TLS, which has to be loopback: 127.0.0.1 by default. */
  readonly host?: string | undefined;
  /** TCP port on loopback; 0 picks a free one. */
  readonly port: number;
  /** TCP port for messages without WebSocket, on the same address; 0 picks a free one. Left out: none. */
  readonly tcpPort?: number | undefined;
  /** TCP port of the gateway (HTTP and gRPC) on loopback; 0 picks a free one. Left out: no gateway. */
  readonly httpPort?: number | undefined;
  readonly tls?: TlsConfig | undefined;
  /** Which services to start; all of them by default. */
  readonly services?: readonly Service[];
  /** Threads that share one statevector; no result depends on them. Left out: as many as the machine has cores. */
  readonly threads?: number | undefined;
  /** The most that one job may need by its estimate, and take; the defaults of the lab for what is left out. */
  readonly jobLimits?: Partial<RuntimeLimits>;
  /** Opens the keystore; without one the credential file in `home` does. */
  readonly passphrase?: string | undefined;
  /** Where objects and index are, unless in `home`. */
  readonly stores?: StorePlaces;
  /** File to which spans of traced messages and jobs are appended as OTLP/JSON. Left out: none are made. */
  readonly otlpFile?: string | undefined;
  /**
   * How long `close` waits for jobs that are under way, before services are stopped; what is not done by then is given
   * back. Left out: services finish what they have begun.
   */
  readonly drainMs?: number | undefined;
  /** Told of what no client can be told: an error of a service, the death of a thread. */
  readonly onTrouble?: (line: string) => void;
}
