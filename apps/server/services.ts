/** The services beside the bus: each in a thread of its own, started again when it dies. */
import type { MessagePort } from "node:worker_threads";
import { systemClock, type Timer } from "@arqon/core/base";
import { LAB_WORKER_URL, type LabWorkerData } from "@arqon/lab/operators";
import type { Access } from "./access.ts";
import type { ServerConfig, Service } from "./config.ts";
import { type Supervised, supervise } from "./supervise.ts";
import { startThread, type Thread } from "./thread.ts";

/** What services are started with, besides what the configuration says. */
export interface ServiceGround {
  readonly busUrl: string;
  readonly reality: string;
  readonly access: Access;
  readonly timer: Timer;
  /** A door to the vault for one thread. */
  vaultPort(): MessagePort;
  /** Told what no job reports. */
  onTrouble(line: string): void;
}

/** Starts a service, which stands when this resolves. @throws ArqonError why it does not */
export function startService(
  service: Service,
  { otlpFile, threads, jobLimits }: ServerConfig,
  ground: ServiceGround,
): Promise<Supervised> {
  const { busUrl, reality, access, timer, onTrouble } = ground;
  const run = (): Promise<Thread> => {
    const vaultPort = ground.vaultPort();
    const data: LabWorkerData = {
      kind: service,
      url: busUrl,
      apiKey: access.serviceKeys[service],
      reality,
      vaultPort,
      ...(otlpFile !== undefined && { otlpFile }),
      ...(threads !== undefined && { threads }),
      ...(jobLimits && { limits: jobLimits }),
      principals: knownPrincipals(access),
    };
    return startThread(service, LAB_WORKER_URL, data, [vaultPort], timer.after, ({ error }) => {
      if (error) onTrouble(`${service}: ${error.message} [${error.code}]`);
    });
  };
  return supervise(service, run, { ...systemClock, ...timer }, onTrouble);
}

/** Principals as services need to know them. */
export function knownPrincipals({ entries }: Access): LabWorkerData["principals"] {
  return Object.fromEntries(
    entries.map(({ principal: { id, tenant, capabilities } }) => [id, { tenant, capabilities }]),
  );
}
