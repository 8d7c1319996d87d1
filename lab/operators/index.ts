/** The services of the lab on the bus: quantum operator, scheduler, replay, sealer, bundles. */

export { ArtifactService, CHUNK_BYTES } from "./artifact-service.ts";
export { QML_JOB_SCHEMA, QML_MEDIA_TYPE } from "./classify-request.ts";
export { qmlHandler } from "./qml-operator.ts";
export { QML_MANIFEST, qmlPlugin } from "./qml-plugin.ts";
export { type DoorParts, quantumHandler } from "./quantum-operator.ts";
export { REPLAY_JOB_SCHEMA, replayHandler } from "./replay-operator.ts";
export { SEAL_JOB_SCHEMA, type SealerParts, sealerHandler } from "./sealer.ts";
export type { Simulate, SimulationAnswer, SimulationRequest } from "./simulation.ts";
export { SimulationPool } from "./simulation-pool.ts";
export { spanFile } from "./span-file.ts";
export { type LabWorker, startLabWorker } from "./start.ts";
export {
  STATEVECTOR_ID,
  STATEVECTOR_MANIFEST,
  STATEVECTOR_QUBITS,
  statevectorPlugin,
} from "./statevector-plugin.ts";
export { type Trust, trustIn, type VerifiedDecision, verifyDecision } from "./trust.ts";
export * from "./worker-config.ts";

/** The module to give to `new Worker()`. */
export const LAB_WORKER_URL: URL = new URL("./worker.ts", import.meta.url);
