/** The gateway's thread: HTTP on one side, clients of the bus on the other. */
import { parentPort, workerData } from "node:worker_threads";
import { startGateway } from "@arqon/bus/gateway";
import { ArqonError, systemEntropy, systemTimer } from "@arqon/core/base";
import type { Capsule } from "@arqon/core/wire";
import {
  QUANTUM_JOB_SCHEMA,
  quantumConstraints,
  quantumParameters,
  readCircuit,
  requireQuantumCapsule,
} from "@arqon/lab/scheduler";
import { openGatewayClient } from "./gateway-client.ts";
import type { Failure, ThreadMessage, ThreadReply } from "./thread.ts";
import { newsOf, openCertificates, type TlsListening } from "./tls.ts";

/** What the thread is started with. */
export interface GatewayThreadData {
  /** Where the bus is. */
  readonly busUrl: string;
  /** Port to listen on; 0 picks a free one. */
  readonly port: number;
  /** Where to listen with TLS, too. */
  readonly secure?: TlsListening & { readonly port: number };
}

/** What the thread is told: to stop, or what it asked for. */
export type ToGateway =
  | { readonly stop: true }
  | { readonly answer: number; readonly key?: string; readonly failed?: Failure };

const asked = new Map<number, PromiseWithResolvers<string>>();
let asks = 0;

/** Tells of a bad circuit at once, not only in the state of its job. */
function check(topic: string, capsule: Capsule): void {
  if (topic !== "quantum.jobs" && capsule.schema !== QUANTUM_JOB_SCHEMA) return;
  requireQuantumCapsule(capsule);
  quantumConstraints(capsule.constraintsJson);
  const { shots, options } = quantumParameters(capsule.parametersJson, "");
  readCircuit(capsule.program, capsule.name, shots, options);
}

const port = parentPort;
if (!port) throw new TypeError("gateway-thread.ts runs in a worker");
const reply = (message: ThreadReply | ThreadMessage): void => port.postMessage(message);
const data = workerData as GatewayThreadData;

try {
  const timer = systemTimer();
  const { secure } = data;
  const certificates = secure && openCertificates(secure, timer, (note) => reply({ note }));
  const gateway = await startGateway({
    openClient: (apiKey) => openGatewayClient(data.busUrl, apiKey),
    keyOf: (identities) => {
      const answer = Promise.withResolvers<string>();
      asked.set(++asks, answer);
      reply({ keyOf: { ask: asks, identities } });
      return answer.promise;
    },
    timer,
    entropy: systemEntropy,
    port: data.port,
    ...(secure && certificates && { secure: { ...secure, certificates, observer: newsOf(reply) } }),
    check,
  });
  port.on("message", async (order: ToGateway) => {
    if ("answer" in order) {
      const { answer, key, failed } = order;
      if (key !== undefined) asked.get(answer)?.resolve(key);
      else asked.get(answer)?.reject(new ArqonError(failed?.code ?? "INTERNAL", failed?.message ?? ""));
      asked.delete(answer);
      return;
    }
    await gateway.close();
    port.close();
  });
  reply({ ready: true, url: gateway.url, secureUrl: gateway.secureUrl });
} catch (thrown) {
  const { code, message, remedy } = ArqonError.from(thrown);
  reply({ failed: { code, message, remedy } });
  port.close();
}
