/** A whole bus in one call: engine, network, clock and randomness come in as arguments. */
import { type Clock, type Entropy, type Json, type Timer, uuidv7Generator } from "@arqon/core/base";
import { Brain, realityAnswers } from "./brain/index.ts";
import type { Engine } from "./engine/index.ts";
import { type BusStats, metricsOf, statsOf } from "./figures.ts";
import { Kernel, Press } from "./kernel/index.ts";
import { Meter, Paced } from "./metrics/index.ts";
import {
  type AccessTable,
  type AuditSink,
  BoundedAudit,
  type Net,
  SHIELD_LIMITS,
  Shield,
  type ShieldLimits,
} from "./shield/index.ts";
import { JOB_LIMITS, type JobLimits, Spine, Turn } from "./spine/index.ts";

export type { BusStats } from "./figures.ts";
export { Meter, type MetricFamily, parseMetrics } from "./metrics/index.ts";
export {
  type AccessEntry,
  AccessTable,
  type AuditRecord,
  type AuditSink,
  type CertificateFiles,
  Certificates,
  hashApiKey,
  type Net,
  nodeNet,
  type TlsFacts,
  type TlsFiles,
  type TlsObserver,
  type TlsRefusal,
  tlsNet,
} from "./shield/index.ts";
export type { Principal } from "./spine/index.ts";

/** Limits of a bus; what is left out has its default. */
export interface BusLimits {
  readonly shield?: Partial<ShieldLimits>;
  readonly jobs?: Partial<JobLimits>;
  readonly maxRealities?: number;
  /** Bytes on their way to one log above which its publishers are paused. */
  readonly maxCommitBytes?: number;
}

/** What a bus is made of. */
export interface BusOptions {
  readonly engine: Engine;
  readonly net: Net;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly entropy: Entropy;
  readonly access: AccessTable;
  /** Counts what happens; the engine may have been given it as its observer. Left out: one of its own. */
  readonly meter?: Meter;
  /** Records of what was refused; left out: they are only counted. */
  readonly audit?: AuditSink;
  readonly limits?: BusLimits;
  /** Loopback by default. */
  readonly host?: string;
  /** 0, the default: any free one. */
  readonly port?: number;
  /** A second place to listen, beside the first, with TLS; with `tcpPort` for messages behind their lengths, too. */
  readonly secure?: {
    readonly net: Net;
    readonly host: string;
    readonly port: number;
    readonly tcpPort?: number;
  };
  /** Where bare TCP is listened to: messages behind their lengths, hello first. Loopback, unless its network has TLS. */
  readonly tcp?: { readonly host?: string; readonly port: number; readonly net?: Net };
  /** Realities opened before the first client joins, so that their unfinished jobs go on. */
  readonly realities?: readonly string[];
  /** Does without the kernel in WebAssembly, which is then as good as not there. */
  readonly plainPath?: boolean;
  /** Called after the present turn of the event loop; `setImmediate` unless a simulation drives. */
  readonly defer?: (call: () => void) => void;
}

/** How often in a second figures are gathered for those who ask over the wire. */
const FIGURES_PER_S = 20;

/** A running bus. */
export interface Bus {
  /** e.g. "ws://127.0.0.1:41234". */
  readonly url: string;
  /** e.g. "wss://192.0.2.7:7443", where there is a second place. */
  readonly secureUrl: string | undefined;
  /** e.g. "tls://192.0.2.7:7445". */
  readonly secureTcpUrl: string | undefined;
  /** e.g. "tcp://127.0.0.1:41235", where bare TCP is listened to. */
  readonly tcpUrl: string | undefined;
  readonly port: number;
  stats(): BusStats;
  /** Connections that are not yet gone. */
  connections(): number;
  /**
   * Takes no new work: no connection, no job, no lease but for seals and jobs of the server's own services. Resolves
   * when no lease is held any more, no client is left, or `drainMs` have passed; what is leased then is given back, and
   * its attempt does not count. What is asked and answered without a lease goes on meanwhile.
   */
  drain(drainMs: number): Promise<void>;
  /** Drains, sends clients away, finishes what is on its way to the log, and stops. The engine stays open. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/** Starts a bus. @throws ArqonError `SERVER_UNREACHABLE` when the port is taken, and those of the engine. */
export async function startBus(options: BusOptions): Promise<Bus> {
  const { engine, net, clock, timer, entropy, access, limits = {} } = options;
  const host = options.host ?? "127.0.0.1";
  const newId = uuidv7Generator(clock, entropy);
  const seed = seedOf(entropy);
  const press = new Press(options.plainPath ? undefined : Kernel.create(seed));
  const meter = options.meter ?? new Meter();
  const turn = new Turn(options.defer ?? setImmediate);
  const spine = new Spine(
    {
      engine,
      clock,
      timer,
      newId,
      press,
      turn,
      meter,
      jobs: { ...JOB_LIMITS, ...limits.jobs },
      maxCommitBytes: limits.maxCommitBytes ?? 33_554_432,
      isTrusted: (id) => access.principal(id)?.trusted ?? false,
    },
    limits.maxRealities,
  );
  const audit = new BoundedAudit(options.audit ?? (() => {}));
  // Anyone may ask for these as often as they like.
  const figures = new Paced(clock, FIGURES_PER_S, () => stats());
  const page = new Paced(clock, FIGURES_PER_S, () => metrics());
  const brain = new Brain(
    newId,
    clock,
    () => ({ ...figures.get() }) as unknown as Json,
    realityAnswers(spine),
  );
  const shield = new Shield({
    net,
    clock,
    timer,
    newId,
    press,
    turn,
    access,
    audit,
    spine,
    meter,
    metrics: () => page.get(),
    limits: { ...SHIELD_LIMITS, ...limits.shield },
    onPresence: (session, present) => brain.note(session, present),
  });

  const stats = (): BusStats => statsOf(shield.sessions, audit, spine);
  const metrics = (): string => metricsOf(shield.sessions, stats(), meter);

  for (const name of options.realities ?? []) await spine.open(name);
  const port = await shield.listen(host, options.port ?? 0);
  const { secure, tcp } = options;
  const tcpPort = tcp && (await shield.listen(tcp.host ?? host, tcp.port, tcp.net, "records"));
  const securePort = secure && (await shield.listen(secure.host, secure.port, secure.net));
  const secureTcpPort =
    secure?.tcpPort === undefined
      ? undefined
      : await shield.listen(secure.host, secure.tcpPort, secure.net, "records");
  return {
    url: `ws://${authority(host, port)}`,
    tcpUrl: tcp && `tcp://${authority(tcp.host ?? host, tcpPort as number)}`,
    secureTcpUrl:
      secureTcpPort === undefined ? undefined : `tls://${authority(secure?.host ?? "", secureTcpPort)}`,
    secureUrl: secure && `wss://${authority(secure.host, securePort as number)}`,
    port,
    stats,
    connections: () => shield.sessions.size,
    drain: (drainMs) => shield.drain(drainMs),
    close: async ({ drainMs = 0 } = {}) => {
      await shield.close(drainMs);
      await spine.close();
    },
  };
}

/** A number nobody can guess. */
const seedOf = (entropy: Entropy): number => Buffer.from(entropy(8)).readDoubleLE();

const authority = (host: string, port: number): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;
