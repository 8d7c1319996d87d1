/** Statevectors on a graphics processor, in single precision. */
import { ArqonError } from "@arqon/core/base";
import type { Circuit } from "../circuit.ts";
import { Fusion } from "../fast/fuse.ts";
import type { Operation } from "../fast/operation.ts";
import { type Program, prepare } from "../simulate/program.ts";
import { type GpuBuffer, type GpuDevice, MAP_READ, STAGE_COMPUTE, USAGE } from "./device.ts";
import { COEFFICIENTS_AT, RECORD_WORDS, SHADER, WORKGROUP } from "./shader.ts";

const AMPLITUDE_BYTES = 8;
const RECORD_BYTES = 4 * RECORD_WORDS;
/** Operations handed over at a time. */
const BATCH = 4096;
/** The shader has no vectors of its own: every position is above its lanes. */
const LANES = 0;

/** The state of a program's qubits at its end. */
export interface GpuState {
  readonly program: Program;
  /** 2^width amplitudes, by the positions of the program, without the global phase of the circuit. */
  readonly re: Float32Array;
  readonly im: Float32Array;
}

/**
 * Runs the gates of a circuit that measures at its end only. Equal inputs give equal bits on one device and driver; others may
 * round differently, so nothing of it is sealed.
 *
 * @throws ArqonError `QASM_UNSUPPORTED` where a measurement, reset or condition comes before a gate, `QUANTUM_TOO_LARGE` when the state does not
 *   fit a buffer of the device, `EXECUTION_FAILED` with what the device says.
 * @cost a pass over the state for each fused operation, and 8 bytes for each amplitude back to the caller.
 */
export async function gpuState(circuit: Circuit, device: GpuDevice): Promise<GpuState> {
  const program = prepare(circuit);
  const operations = operationsOf(program);
  const bytes = AMPLITUDE_BYTES * 2 ** program.width;
  const limit = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
  if (bytes > limit)
    throw new ArqonError(
      "QUANTUM_TOO_LARGE",
      `${circuit.name}: ${program.width} qubits need a buffer of ${bytes} bytes, the device has ${limit}`,
    );
  const [re, im] = await underScopes(device, () => run(device, program, operations));
  return { program, re, im };
}

const SCOPES = ["validation", "out-of-memory"] as const;

/** Error scopes are closed however the work ends: one left open would take the errors of whoever uses the device next. */
async function underScopes<T>(device: GpuDevice, work: () => Promise<T>): Promise<T> {
  for (const filter of SCOPES) device.pushErrorScope(filter);
  const outcome = await work().then(
    (value) => ({ value }),
    (cause: unknown) => ({ cause }),
  );
  const said: string[] = [];
  for (const _ of SCOPES) {
    const error = await device.popErrorScope().catch((cause: unknown) => ({ message: messageOf(cause) }));
    if (error) said.push(error.message);
  }
  if ("cause" in outcome) said.push(messageOf(outcome.cause));
  if ("value" in outcome && said.length === 0) return outcome.value;
  throw new ArqonError("EXECUTION_FAILED", `the device refused: ${(said[0] as string).slice(0, 400)}`, {
    ...("cause" in outcome && { cause: outcome.cause }),
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Real and imaginary parts after all operations. */
async function run(
  device: GpuDevice,
  program: Program,
  operations: readonly Operation[],
): Promise<[re: Float32Array, im: Float32Array]> {
  const bytes = AMPLITUDE_BYTES * 2 ** program.width;
  const buffers: GpuBuffer[] = [];
  const buffer = (size: number, usage: number): GpuBuffer => {
    const made = device.createBuffer({ size, usage });
    buffers.push(made);
    return made;
  };
  try {
    const state = buffer(bytes, USAGE.storage | USAGE.copySource | USAGE.copyTarget);
    const records = buffer(
      RECORD_BYTES * Math.min(BATCH, Math.max(1, operations.length)),
      USAGE.uniform | USAGE.copyTarget,
    );
    const out = buffer(bytes, USAGE.mapRead | USAGE.copyTarget);
    const { pipeline, group } = await compile(device, state, records);
    device.queue.writeBuffer(state, 0, new Uint8Array(new Float32Array([1, 0]).buffer));
    for (let from = 0; from < operations.length; from += BATCH) {
      const batch = operations.slice(from, from + BATCH);
      device.queue.writeBuffer(records, 0, recordsOf(batch));
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      for (const [k, { around }] of batch.entries()) {
        const groups = Math.ceil(2 ** (program.width - around.length) / WORKGROUP);
        const wide = Math.min(groups, device.limits.maxComputeWorkgroupsPerDimension);
        pass.setBindGroup(0, group, [k * RECORD_BYTES]);
        pass.dispatchWorkgroups(wide, Math.ceil(groups / wide));
      }
      pass.end();
      device.queue.submit([encoder.finish()]);
    }
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(state, 0, out, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await out.mapAsync(MAP_READ);
    const interleaved = new Float32Array(out.getMappedRange());
    const re = Float32Array.from({ length: 2 ** program.width }, (_, i) => interleaved[2 * i] as number);
    const im = Float32Array.from({ length: 2 ** program.width }, (_, i) => interleaved[2 * i + 1] as number);
    out.unmap();
    return [re, im];
  } finally {
    for (const each of buffers) each.destroy();
  }
}

/** The fused operations, by the compiler of the fast engine. */
function operationsOf(program: Program): Operation[] {
  const fusion = new Fusion(LANES);
  for (const step of program.steps) {
    if (step.kind !== "gates" || step.condition)
      throw new ArqonError(
        "QASM_UNSUPPORTED",
        `${program.circuit.name}: on a graphics processor only the end of a circuit may be measured`,
      );
    for (const i of step.instructions)
      fusion.add(program.circuit, i, (qubit) => program.positions[qubit] as number);
  }
  return fusion.finish();
}

async function compile(
  device: GpuDevice,
  state: GpuBuffer,
  records: GpuBuffer,
): Promise<{ readonly pipeline: unknown; readonly group: unknown }> {
  const layout = device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: STAGE_COMPUTE, buffer: { type: "storage" } },
      { binding: 1, visibility: STAGE_COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true } },
    ],
  });
  const pipeline = await device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ code: SHADER }), entryPoint: "main" },
  });
  const group = device.createBindGroup({
    layout,
    entries: [
      { binding: 0, resource: { buffer: state } },
      { binding: 1, resource: { buffer: records, size: RECORD_BYTES } },
    ],
  });
  return { pipeline, group };
}

function recordsOf(operations: readonly Operation[]): Uint8Array<ArrayBuffer> {
  const bytes = new ArrayBuffer(RECORD_BYTES * operations.length);
  const [words, numbers] = [new Uint32Array(bytes), new Float32Array(bytes)];
  for (const [k, { kind, around, fixed, targets, coefficients }] of operations.entries()) {
    const at = RECORD_WORDS * k;
    const bits = fixed.reduce((all, position) => all | (1 << position), 0);
    const [first, second] = targets.map((position) => 1 << position);
    words.set([kind, around.length, bits, first ?? 0, second ?? 0, ...around], at);
    numbers.set(coefficients, at + COEFFICIENTS_AT);
  }
  return new Uint8Array(bytes);
}
