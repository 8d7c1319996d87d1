/** The services of the lab on the bus: quantum operator, scheduler, replay, sealer, bundles; each in a thread of its own. */

export { spanFile } from "./span-file.ts";
export { widenVectors } from "./wide-vectors.ts";
export * from "./worker-config.ts";

/** The module to give to `new Worker()`. */
export const LAB_WORKER_URL: URL = new URL("./worker.ts", import.meta.url);
