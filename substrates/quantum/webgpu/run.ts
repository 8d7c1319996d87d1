/** Shots of a circuit whose state was made by a graphics processor. */
import type { Circuit } from "../circuit.ts";
import { sortedCounts } from "../simulate/counts.ts";
import { ofAmplitudes, runBranches } from "../simulate/shots.ts";
import type { GpuDevice } from "./device.ts";
import { gpuState } from "./statevector.ts";

/**
 * Counts by outcome, drawn with the random numbers that `runCircuit` draws: they differ from those of single precision on
 * the processor only where rounding moves an amplitude across a random number.
 *
 * @throws ArqonError as `gpuState`.
 */
export async function runCircuitOnGpu(
  circuit: Circuit,
  device: GpuDevice,
  { shots, seed }: { readonly shots: number; readonly seed: bigint },
): Promise<{ readonly counts: ReadonlyMap<string, number> }> {
  const { program, re, im } = await gpuState(circuit, device);
  const state = ofAmplitudes({ re, im, active: program.width, apply: () => {} });
  const counts = runBranches(
    { ...program, steps: [] },
    { ...state, clear: () => {} },
    { shots, seed, maxSnapshots: 0, progress: () => {} },
  );
  return { counts: sortedCounts(counts) };
}
