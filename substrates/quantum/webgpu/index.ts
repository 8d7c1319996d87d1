/** Circuits on a graphics processor, over WebGPU: in browsers, and under Node with the package "webgpu". */
export type { GpuDevice } from "./device.ts";
export { runCircuitOnGpu } from "./run.ts";
export { type GpuState, gpuState } from "./statevector.ts";
