/** Everything behind the one door: plugins, limits, policy, trust. */
import { availableParallelism } from "node:os";
import { systemClock, systemTimer } from "@arqon/core/base";
import { systemVerifier } from "@arqon/core/proof";
import { captureEnvironment } from "@arqon/vault";
import { capabilityPolicy, discoverPlugins, type ExecutePolicy, PluginRegistry } from "../runtime/index.ts";
import type { ClassifyAnswer, ClassifyRequest } from "./classify.ts";
import type { DeviceRequest } from "./device.ts";
import { devicePlugin } from "./device-plugin.ts";
import type { GradientAnswer, GradientRequest } from "./gradient.ts";
import { withGradients } from "./gradient-plugin.ts";
import { CRYPTO_MODE, type Ground, sdkVersion } from "./ground.ts";
import { qmlPlugin } from "./qml-plugin.ts";
import type { SimulationAnswer } from "./simulation.ts";
import { SimulationPool, startSimulationThread } from "./simulation-pool.ts";
import { statevectorPlugin } from "./statevector-plugin.ts";
import type { DoorParts } from "./through-door.ts";
import { trustIn } from "./trust.ts";
import { DEFAULT_RUNTIME_LIMITS, type KnownPrincipals } from "./worker-config.ts";

const DEVICE = new URL("./device-thread.ts", import.meta.url);
const DIFFERENTIATING = new URL("./gradient-thread.ts", import.meta.url);
const LEARNING = new URL("./classify-thread.ts", import.meta.url);

/** Everything behind the door: plugins, limits, policy, trust. */
export async function doorOf(
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
  const threads = config.threads ?? Math.max(1, Math.floor(availableParallelism() / size));
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
