/** Entry of a worker thread that runs one service: `new Worker(LAB_WORKER_URL, { workerData, transferList: [vaultPort] })`. */
import { parentPort, workerData } from "node:worker_threads";
import { ArqonError } from "@arqon/core/base";
import { type LabWorker, startLabWorker } from "./start.ts";
import type { FromLabWorker, LabWorkerData, LabWorkerError, ToLabWorker } from "./worker-config.ts";

const port = parentPort;
if (!port) throw new TypeError("worker.ts runs in a worker");

let isReady = false;
const held: FromLabWorker[] = [];
const say = (message: FromLabWorker): void => port.postMessage(message);
const errorOf = (thrown: unknown): LabWorkerError => {
  const { code, message, remedy } = ArqonError.from(thrown);
  return { code, message, remedy };
};
// The first thing a worker says is whether it started, so errors on the way there wait.
const sayError = (thrown: unknown): void => {
  const message = { error: errorOf(thrown) };
  if (isReady) say(message);
  else held.push(message);
};

try {
  const data = workerData as LabWorkerData;
  const worker: LabWorker = await startLabWorker(data.kind, data, sayError);
  port.on("message", async (order: ToLabWorker) => {
    if ("principals" in order) {
      for (const id of Object.keys(data.principals)) Reflect.deleteProperty(data.principals, id);
      Object.assign(data.principals, order.principals);
      return;
    }
    await worker.stop().catch(sayError);
    port.close();
  });
  isReady = true;
  say({ ready: true });
  for (const message of held) say(message);
} catch (thrown) {
  say({ failed: errorOf(thrown) });
  port.close();
}
