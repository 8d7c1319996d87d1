/** What a server is started with, and the limits it states. */

/** The services that can run beside the bus, each in a worker of its own. */
export const SERVICES = ["scheduler", "quantum", "replay", "sealer", "artifacts"] as const;
export type Service = (typeof SERVICES)[number];

/** Settings of {@link startServer}. */
export interface ServerConfig {
  /** Directory of all state; made if missing. */
  readonly home: string;
  /** TCP port on loopback; 0 picks a free one. */
  readonly port: number;
  /** Which services to start; all of them by default. */
  readonly services?: readonly Service[];
  /** Opens the keystore; without one the credential file in `home` does. */
  readonly passphrase?: string | undefined;
}
