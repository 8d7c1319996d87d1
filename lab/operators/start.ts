/** Starts one service of the lab in this thread: connects it to the bus and to the vault. */
import { availableParallelism } from "node:os";
import { type ArqonError, systemClock, systemEntropy, systemTimer } from "@arqon/core/base";
import { systemVerifier } from "@arqon/core/proof";
import { type Backend, BundleChunkSchema, BundleGetSchema, LedgerGetSchema } from "@arqon/core/wire";
import { BUNDLE_TOPIC, type ConnectOptions, connect, operator, SDK_VERSION, typed } from "@arqon/sdk";
import { captureEnvironment, connectVault, type Vault, type VaultPort } from "@arqon/vault";
import {
  asOperator,
  capabilityPolicy,
  discoverPlugins,
  type ExecutePolicy,
  type Handler,
  PluginRegistry,
  traced,
} from "../runtime/index.ts";
import {
  boundJobs,
  GRADIENT_JOB_SCHEMA,
  LiveCatalogue,
  QUANTUM_JOB_SCHEMA,
  QUANTUM_RUN_KIND,
  schedulerHandler,
} from "../scheduler/index.ts";
import { ArtifactService } from "./artifact-service.ts";
import { backendOf } from "./backend.ts";
import { CALIBRATION_JOB_SCHEMA, calibrationHandler } from "./calibration-operator.ts";
import type { ClassifyAnswer, ClassifyRequest } from "./classify.ts";
import { QML_JOB_SCHEMA } from "./classify-request.ts";
import type { DeviceRequest } from "./device.ts";
import { devicePlugin } from "./device-plugin.ts";
import type { GradientAnswer, GradientRequest } from "./gradient.ts";
import { withGradients } from "./gradient-plugin.ts";
import { LedgerService } from "./ledger-service.ts";
import { qmlHandler } from "./qml-operator.ts";
import { qmlPlugin } from "./qml-plugin.ts";
import { type DoorParts, quantumHandler } from "./quantum-operator.ts";
import { REPLAY_JOB_SCHEMA, replayHandler } from "./replay-operator.ts";
import { SEAL_JOB_SCHEMA, sealerHandler } from "./sealer.ts";
import type { SimulationAnswer } from "./simulation.ts";
import { SimulationPool, startSimulationThread } from "./simulation-pool.ts";
import { spanFile } from "./span-file.ts";
import { statevectorPlugin } from "./statevector-plugin.ts";
import { trustIn } from "./trust.ts";
import { VALIDATION_JOB_SCHEMA, validationHandler } from "./validation-operator.ts";
import {
  DEFAULT_RUNTIME_LIMITS,
  type KnownPrincipals,
  type LabWorkerKind,
  type WorkerConfig,
} from "./worker-config.ts";

/** A running service. */
export interface LabWorker {
  readonly kind: LabWorkerKind;
  /** Takes no more jobs, gives running ones `graceMs` (default 2 s), and disconnects. */
  stop(graceMs?: number): Promise<void>;
}

/** What a service is built from. */
interface Ground {
  readonly kind: LabWorkerKind;
  readonly config: WorkerConfig;
  readonly vault: Vault;
  readonly connection: ConnectOptions;
  readonly onError: (error: ArqonError) => void;
}

/** How to end a service. */
type Stop = (graceMs: number) => Promise<void>;

const DEFAULT_GRACE_MS = 2_000;
/** A scheduler only waits for the jobs it has bound. */
const SCHEDULER_IN_FLIGHT = 256;
/** After the scheduler's start; from then on a job that no backend can take is refused. */
const BACKENDS_WITHIN_MS = 10_000;
const CRYPTO_MODE = "hybrid";
const DEVICE = new URL("./device-thread.ts", import.meta.url);
const DIFFERENTIATING = new URL("./gradient-thread.ts", import.meta.url);
const LEARNING = new URL("./classify-thread.ts", import.meta.url);

const START: Readonly<Record<LabWorkerKind, (ground: Ground) => Promise<Stop>>> = {
  scheduler: startScheduler,
  quantum: startQuantum,
  qml: startQml,
  replay: startReplay,
  sealer: startSealer,
  artifacts: startArtifacts,
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
  const stop = await START[kind](ground);
  return {
    kind,
    stop: async (graceMs = DEFAULT_GRACE_MS) => {
      await stop(graceMs);
      await vault.close();
    },
  };
}

async function startScheduler(ground: Ground): Promise<Stop> {
  const { vault, connection, config, onError } = ground;
  // The catalogue has its own connection: it must be complete before the first job is taken.
  let catalogue: LiveCatalogue | undefined;
  const client = await connect({
    ...connection,
    onState: (state) => {
      if (state === "open") catalogue?.refresh().catch(onError);
    },
  });
  catalogue = await LiveCatalogue.open(client, onError);
  const offers = catalogue;
  const handler = schedulerHandler({
    jobs: boundJobs(client),
    vault,
    clock: systemClock,
    cryptoMode: config.cryptoMode ?? CRYPTO_MODE,
    catalogue: () => offers.offers(),
    ready: offers.ready(systemTimer(), BACKENDS_WITHIN_MS),
    tenantOf: (principal) => tenantOf(ground.config.principals, principal),
  });
  const serving = await serve(ground, "quantum.jobs", handler, {
    maxInFlight: SCHEDULER_IN_FLIGHT,
    sam: { operatorType: "scheduler", inputSchemas: [QUANTUM_JOB_SCHEMA, GRADIENT_JOB_SCHEMA] },
  });
  return async (graceMs) => {
    await serving(graceMs);
    await client.close();
  };
}

async function startQuantum(ground: Ground): Promise<Stop> {
  const { parts, pool, close } = await doorOf(ground);
  pool.warm();
  const { config } = ground;
  const stops: Stop[] = [];
  const circuits = parts.registry.manifests().filter(({ kinds }) => kinds.includes(QUANTUM_RUN_KIND));
  for (const manifest of circuits)
    stops.push(
      await serve(ground, `backend.${manifest.id}.jobs`, quantumHandler(manifest.id, parts), {
        maxInFlight: config.simulations ?? 1,
        sam: {
          operatorType: "quantum-simulator",
          inputSchemas: [QUANTUM_JOB_SCHEMA, GRADIENT_JOB_SCHEMA],
          backends: [backendOf(manifest)],
        },
      }),
    );
  const calibrating = calibrationHandler(parts, (id) => tenantOf(config.principals, id));
  stops.push(
    await serve(ground, "calibration.jobs", calibrating, {
      maxInFlight: 1,
      sam: { operatorType: "calibration", inputSchemas: [CALIBRATION_JOB_SCHEMA] },
    }),
  );
  return async (graceMs) => {
    await Promise.all(stops.map((stop) => stop(graceMs)));
    await close();
  };
}

async function startQml(ground: Ground): Promise<Stop> {
  const { parts, close } = await doorOf(ground);
  const { config } = ground;
  const stop = await serve(
    ground,
    "qml.jobs",
    qmlHandler(parts, (id) => tenantOf(config.principals, id)),
    {
      maxInFlight: config.simulations ?? 1,
      sam: { operatorType: "qml", inputSchemas: [QML_JOB_SCHEMA] },
    },
  );
  return async (graceMs) => {
    await stop(graceMs);
    await close();
  };
}

async function startReplay(ground: Ground): Promise<Stop> {
  const { parts, close } = await doorOf(ground);
  const client = await connect(ground.connection);
  const tenant = (id: string): string => tenantOf(ground.config.principals, id);
  const stops = [
    await serve(ground, "replay.jobs", replayHandler(parts, tenant, boundJobs(client)), {
      maxInFlight: ground.config.simulations ?? 1,
      sam: { operatorType: "replay", inputSchemas: [REPLAY_JOB_SCHEMA] },
    }),
    await serve(ground, "validation.jobs", validationHandler(parts, tenant), {
      maxInFlight: 1,
      sam: { operatorType: "validation", inputSchemas: [VALIDATION_JOB_SCHEMA] },
    }),
  ];
  return async (graceMs) => {
    await Promise.all(stops.map((stop) => stop(graceMs)));
    await client.close();
    await close();
  };
}

function startSealer(ground: Ground): Promise<Stop> {
  const { vault, config } = ground;
  const handler = sealerHandler({
    vault,
    clock: systemClock,
    environment: captureEnvironment(),
    sdkVersion: sdkVersion(),
    cryptoMode: config.cryptoMode ?? CRYPTO_MODE,
    tenantOf: (principal) => tenantOf(ground.config.principals, principal),
  });
  return serve(ground, "seal.jobs", handler, {
    maxInFlight: 4,
    sam: { operatorType: "sealer", inputSchemas: [SEAL_JOB_SCHEMA] },
  });
}

async function startArtifacts({ vault, connection }: Ground): Promise<Stop> {
  const service = new ArtifactService(vault);
  const client = await connect(connection);
  await client.respond(
    BUNDLE_TOPIC,
    async (request) => typed(BundleChunkSchema, await service.chunk(request.unpack(BundleGetSchema))),
    { queueGroup: "artifacts" },
  );
  const ledgers = new LedgerService(vault);
  for (const log of ["runs", "governance"] as const)
    await client.respond(
      `ledger.${log}.get`,
      async (request) => typed(BundleChunkSchema, await ledgers.chunk(log, request.unpack(LedgerGetSchema))),
      { queueGroup: "artifacts" },
    );
  return () => client.close();
}

/** What a service says of itself, besides its name and version. */
interface ServiceSam {
  readonly operatorType: string;
  readonly inputSchemas: string[];
  readonly backends?: Backend[];
}

/** A handler on a job topic. */
async function serve(
  { kind, config, connection, onError }: Ground,
  topic: string,
  handler: Handler,
  options: { readonly maxInFlight: number; readonly sam: ServiceSam },
): Promise<Stop> {
  const sam = { ...options.sam, version: SDK_VERSION, operatorId: connection.client ?? "" };
  const { maxInFlight } = options;
  const { otlpFile } = config;
  const sink = otlpFile === undefined ? undefined : spanFile(otlpFile, `arqon-${kind}`, onError);
  const handle = asOperator(
    sink ? traced(handler, { clock: systemClock, entropy: systemEntropy, sink }) : handler,
  );
  const running = await operator({ ...connection, topic, maxInFlight, sam, handle });
  return (graceMs) => running.drain({ graceMs });
}

/** Everything behind the door: plugins, limits, policy, trust. */
async function doorOf(
  ground: Ground,
): Promise<{ parts: DoorParts; pool: SimulationPool; close: () => Promise<void> }> {
  const { config, vault, connection } = ground;
  const limits = { ...DEFAULT_RUNTIME_LIMITS, ...config.limits };
  const size = config.simulations ?? 1;
  const pool = new SimulationPool(size);
  const learners = new SimulationPool<ClassifyRequest, ClassifyAnswer>(size, () =>
    startSimulationThread(LEARNING),
  );
  const registry = new PluginRegistry();
  const gradients = new SimulationPool<GradientRequest, GradientAnswer>(size, () =>
    startSimulationThread(DIFFERENTIATING),
  );
  // Simulations at the same time share the machine's cores.
  const threads = Math.max(1, Math.floor(availableParallelism() / size));
  registry.register(
    withGradients(statevectorPlugin(pool.simulate, { ...limits, threads }), gradients.simulate, limits),
  );
  const devices = new SimulationPool<DeviceRequest, SimulationAnswer>(size, () =>
    startSimulationThread(DEVICE),
  );
  registry.register(devicePlugin(devices.simulate, limits));
  registry.register(qmlPlugin(learners.simulate));
  await discoverPlugins(registry, config.plugins ?? []);
  const parts: DoorParts = {
    registry,
    policy: policyOf(config.principals),
    limits,
    vault,
    trust: trustIn(await vault.publicKeys(), systemVerifier(), () => vault.publicKeys()),
    clock: systemClock,
    timer: systemTimer(),
    operatorId: connection.client ?? ground.kind,
    environment: captureEnvironment(),
    sdkVersion: sdkVersion(),
    cryptoMode: config.cryptoMode ?? CRYPTO_MODE,
  };
  const close = async (): Promise<void> =>
    void (await Promise.all([pool, learners, gradients, devices].map((each) => each.close())));
  return { parts, pool, close };
}

/** Who may execute where, by the capabilities known at the time. */
function policyOf(principals: KnownPrincipals): ExecutePolicy {
  return {
    mayExecute: (id, target) =>
      Object.hasOwn(principals, id) &&
      capabilityPolicy({ [id]: principals[id]?.capabilities ?? [] }).mayExecute(id, target),
  };
}

function tenantOf(principals: KnownPrincipals, id: string): string {
  return (Object.hasOwn(principals, id) ? principals[id]?.tenant : undefined) ?? "unknown";
}

function sdkVersion(): string {
  return `arqon/${SDK_VERSION} (typescript)`;
}
