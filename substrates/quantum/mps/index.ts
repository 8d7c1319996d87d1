/** Matrix product states: shallow wide circuits, with what truncation costs reported. */
export { estimateMps, MPS_QUBITS, MPS_SNAPSHOTS } from "./estimate.ts";
export { MPS_DEFAULTS, Mps, type MpsOptions } from "./mps.ts";
