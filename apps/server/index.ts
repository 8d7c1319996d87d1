/** The composition root: engine, bus, vault and services become one server. Nothing else happens here. */
import { type BusStats, Meter, nodeNet, startBus } from "@arqon/bus";
import { nodeDisk, openSegmentEngine, threadDigest } from "@arqon/bus/engine";
import { ArqonError, requireLoopback, systemClock, systemEntropy, systemTimer } from "@arqon/core/base";
import { DEFAULT_RUNTIME_LIMITS, spanFile, widenVectors } from "@arqon/lab/operators";
import { openVault, readPolicy } from "@arqon/vault";
import { readKeystoreKeys } from "@arqon/vault/keys";
import { prepareHome } from "../home/index.ts";
import { watchAccess } from "./access-watch.ts";
import { announce } from "./announce.ts";
import { SERVICES, type ServerConfig, type Service } from "./config.ts";
import { gatewayDataOf, startGatewayThread } from "./gateway.ts";
import { knownPrincipals, startService } from "./services.ts";
import type { Supervised } from "./supervise.ts";
import { recordHandshakes, secureNet, tellNews, tlsListening } from "./tls.ts";
import { startTracer } from "./tracing.ts";
import { lateFileKeys, startVault, type VaultSide } from "./vault.ts";

export { SERVICES, type ServerConfig, type Service, type TlsConfig } from "./config.ts";
export { encryptLogs } from "./encrypt-logs.ts";

type RealityStats = BusStats["realities"][number];

/** The Reality everyone joins unless they ask for another. */
const REALITY = "main";
const HOST = "127.0.0.1";
const SIMULATING: readonly Service[] = ["quantum", "qml", "replay"];
/** How long a service may take to finish when the server stops. */
const GRACE_MS = 5_000;

/** A running server. */
export interface Server {
  readonly url: string;
  /** Where the gateway listens, if there is one. */
  readonly httpUrl: string | undefined;
  /** Where messages are taken without WebSocket, if they are. */
  readonly tcpUrl: string | undefined;
  /** Where bus and gateway listen with TLS, if they do. */
  readonly secureUrl: string | undefined;
  readonly secureTcpUrl: string | undefined;
  readonly secureHttpUrl: string | undefined;
  /** API key of the local owner. */
  readonly apiKey: string;
  /** What was found and mended at start. */
  readonly findings: readonly string[];
  /** Clients connected besides the server's own services. */
  visitors(): number;
  /** Resolves with the reason when the server can no longer work and must be closed. */
  readonly failed: Promise<ArqonError>;
  /** Finishes what runs, stops every thread, and lets go of the data directory. May be called again. */
  close(): Promise<void>;
}

/**
 * Starts a server on loopback, and with TLS wherever `config.tls` says.
 * @throws ArqonError `HOME_UNUSABLE`, `LOG_LOCKED` when another server owns `home`, `SERVER_UNREACHABLE` when the port is taken,
 *   `TLS_REQUIRED` for an address off loopback without TLS, `TLS_CERTIFICATE` when certificates cannot be used,
 *   `KEYSTORE_LOCKED` for a wrong passphrase, `LOG_CORRUPT` for a damaged log.
 */
export async function startServer(config: ServerConfig): Promise<Server> {
  const closing: (() => Promise<void> | void)[] = [];
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= undo(closing);
    return closed;
  };
  try {
    return await start(config, closing, close);
  } catch (thrown) {
    await close().catch(() => {});
    throw ArqonError.from(thrown);
  }
}

/** Takes every step back, the last first; the first that fails is told after all were taken. */
async function undo(steps: readonly (() => Promise<void> | void)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps.toReversed())
    try {
      await step();
    } catch (thrown) {
      failures.push(thrown);
    }
  if (failures.length > 0) throw failures[0];
}

async function start(
  config: ServerConfig,
  closing: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<Server> {
  const { home, onTrouble = () => {} } = config;
  const timer = systemTimer({ hold: true });
  requireLoopback(config.host ?? HOST, "a bus without TLS");
  prepareHome(home);
  await makeVault(config);
  const wanted = SERVICES.filter((each) => (config.services ?? SERVICES).includes(each));
  // Before any thread is started: those that simulate get what is compiled here.
  if (wanted.some((service) => SIMULATING.includes(service))) await widenVectors();
  let started: Promise<VaultSide> | undefined;
  const vaultSide = (): Promise<VaultSide> => {
    started ??= startVault(config, timer.after, GRACE_MS, closing);
    return started;
  };
  // The engine comes first: its lock says whether the data directory is ours. Where it encrypts, it asks for the vault.
  const meter = new Meter();
  const engine = await openSegmentEngine({
    disk: nodeDisk(home),
    timer,
    entropy: systemEntropy,
    clock: systemClock,
    observer: {
      committed: (records) => meter.committed(records),
      synced: (elapsedMs) => meter.synced(elapsedMs),
      encrypted: (reality, segments, of) =>
        onTrouble(`log of ${reality}: ${segments} of ${of} segments are encrypted`),
    },
    digest: threadDigest,
    fileKeys: readPolicy(home).encryptAtRest
      ? lateFileKeys(async () => (await vaultSide()).fileKeys())
      : undefined,
  });
  closing.push(() => engine.close());
  const { access, vault, thread: vaultThread, port: portOfVault } = await vaultSide();

  // The vault's keystore is there from here on.
  const tls = config.tls && (await tlsListening(home, config.tls, config.passphrase));
  const record = recordHandshakes(meter, vault);
  const bus = await startBus({
    engine,
    net: nodeNet,
    clock: systemClock,
    timer: systemTimer(),
    entropy: systemEntropy,
    access: access.table,
    meter,
    audit: (refusal) => vault.audit({ kind: "refusal", ...refusal }),
    host: config.host ?? HOST,
    port: config.port,
    ...(config.tcpPort !== undefined && { tcp: { port: config.tcpPort } }),
    ...(tls && { secure: secureNet(tls, config.tls ?? { port: 0 }, record("bus"), onTrouble) }),
    realities: [REALITY],
  });
  closing.push(() => bus.close({ drainMs: 0 }));
  const findings = bus.stats().realities.flatMap(findingsOf);

  const { otlpFile } = config;
  if (otlpFile !== undefined) closing.push(await traceBus(otlpFile, bus.url, access.ownerKey, onTrouble));
  const services: Supervised[] = [];
  closing.push(async () => void (await Promise.all(services.map((service) => service.stop(GRACE_MS)))));
  closing.push(
    watchAccess(access, systemTimer(), {
      changed: () => {
        for (const service of services) service.tell({ principals: knownPrincipals(access) });
        void vault.audit({ event: "access.changed", principals: access.entries.length }).catch(() => {});
      },
      refused: ({ code, message }) => {
        onTrouble(`access.json was changed and cannot be used, what it said before holds: ${message}`);
        void vault.audit({ event: "access.refused", code, message }).catch(() => {});
      },
    }),
  );
  const ground = { busUrl: bus.url, reality: REALITY, access, timer, vaultPort: portOfVault, onTrouble };
  const ready = wanted.map(async (name) => void services.push(await startService(name, config, ground)));
  const gatewayData = gatewayDataOf(config, bus.url, tls);
  const answering =
    gatewayData &&
    startGatewayThread(gatewayData, access, timer, {
      note: (line) => onTrouble(`gateway: ${line}`),
      tls: (news) => tellNews(news, record("gateway")),
    });
  closing.push(async () => (await answering?.catch(() => undefined))?.stop(GRACE_MS));
  // All at the same time, since most of a thread's start is reading modules. Before a failure is told all must stand: they are stopped then.
  for (const start of await Promise.allSettled([...ready, answering]))
    if (start.status === "rejected") throw start.reason;
  const gateway = await answering;
  const failed = new Promise<ArqonError>((resolve) => {
    // What the vault has not written cannot be told from what it has: only a new start can.
    for (const thread of [vaultThread, ...(gateway ? [gateway] : [])])
      void thread.ended.then((error) => error && resolve(error));
  });

  const httpUrl = gateway?.url;
  const { url, secureUrl, secureTcpUrl, tcpUrl } = bus;
  const { memoryBytes, timeMs } = { ...DEFAULT_RUNTIME_LIMITS, ...config.jobLimits };
  const limits = { memoryBytes, timeMs };
  closing.push(announce(home, { pid: process.pid, url, limits, httpUrl, secureUrl, secureTcpUrl, tcpUrl }));
  const { drainMs } = config;
  if (drainMs !== undefined) closing.push(() => bus.drain(drainMs));

  const own = bus.connections();
  return {
    url,
    httpUrl,
    secureUrl,
    secureTcpUrl,
    tcpUrl,
    secureHttpUrl: gateway?.secureUrl,
    apiKey: access.ownerKey,
    findings,
    visitors: () => Math.max(0, bus.connections() - own),
    failed,
    close,
  };
}

/** A new home gets its vault before anything else: where policy, keys or stores refuse, nothing is left half-made. */
async function makeVault({ home, passphrase, stores }: ServerConfig): Promise<void> {
  if (readKeystoreKeys(home).length > 0) return;
  const vault = await openVault({
    home,
    clock: systemClock,
    entropy: systemEntropy,
    ...(passphrase !== undefined && { passphrase }),
    ...(stores && { stores }),
  });
  await vault.close();
}

/** What opening a Reality found, for people. */
function findingsOf({ reality, recovery, jobs }: RealityStats): string[] {
  const findings: string[] = [];
  const { cutBytes, cutFile } = recovery;
  if (cutBytes > 0)
    findings.push(`log of ${reality}: a torn tail of ${cutBytes} bytes was cut from ${cutFile}`);
  const unfinished = (jobs["SUBMITTED"] ?? 0) + (jobs["LEASED"] ?? 0) + (jobs["RUNNING"] ?? 0);
  if (unfinished > 0)
    findings.push(`${unfinished} job${unfinished > 1 ? "s" : ""} left unfinished go on now`);
  return findings;
}

/** Follows the bus as a subscriber of its own, and writes spans. Resolves with the way to stop. */
function traceBus(
  file: string,
  url: string,
  apiKey: string,
  onTrouble: (line: string) => void,
): Promise<() => Promise<void>> {
  const onError = (error: ArqonError): void => onTrouble(`tracing: ${error.message}`);
  const sink = spanFile(file, "arqon-bus", onError);
  const time = { clock: systemClock, entropy: systemEntropy };
  return startTracer({ url, apiKey, reality: REALITY, ...time, sink, onError });
}
