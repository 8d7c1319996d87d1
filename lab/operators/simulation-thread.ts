/** The thread that simulates: one circuit at a time, synchronously. It knows no bus and ends when it is terminated. */
import { prepareExperiment, readExperimentOptions, runExperiment } from "@arqon/substrates/quantum";
import { crewOf } from "./crew.ts";
import { serveThread } from "./serve-thread.ts";
import type { SimulationAnswer, SimulationRequest } from "./simulation.ts";

function simulate(
  { source, fileName, shots, seed, memoryBytes, options = {}, threads = 1 }: SimulationRequest,
  progress: (fraction: number, note: string) => void,
): SimulationAnswer {
  const experiment = prepareExperiment(source, fileName, readExperimentOptions(options));
  const { counts, engine, reason, qubits, warnings, expectations } = runExperiment(experiment, {
    shots,
    seed,
    limits: { memoryBytes },
    ...(threads > 1 && { crew: crewOf(threads) }),
    onProgress: (fraction) => progress(fraction, "simulating"),
  });
  const { layout } = experiment;
  return {
    counts: Object.fromEntries(counts),
    engine,
    reason,
    qubits,
    warnings: [...warnings],
    ...(expectations.length > 0 && { expectations }),
    ...(layout && { layout }),
  };
}

serveThread(simulate);
