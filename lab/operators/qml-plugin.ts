/** The plugin that learns with simulated circuits: labelled samples in, predictions out. */
import { ArqonError, type JsonObject } from "@arqon/core/base";
import { KERNEL_GRID, QUANTUM_SEMANTICS, RBF_GRID } from "@arqon/substrates/quantum";
import type { Operation, PluginFactory, PluginManifest } from "../runtime/index.ts";
import type { ClassifyAnswer, ClassifyRequest } from "./classify.ts";
import { type ClassifyParameters, classifyData, QML_METHODS } from "./classify-request.ts";
import type { OffThread } from "./simulation.ts";

/** Kind of operation that serves "qml.jobs". */
export const QML_CLASSIFY_KIND = "qml.classify";

/** What the plugin says of itself. */
export const QML_MANIFEST: PluginManifest = {
  id: "sim-qml",
  backendClass: "simulator",
  kinds: [QML_CLASSIFY_KIND],
  // The method's own version, and that of the simulator it learns with.
  engine: { name: "arqon-qml", semantics: `1.${QUANTUM_SEMANTICS}` },
  version: "0.1.0",
  maxQubits: 12,
  precision: "f64",
  deterministic: true,
  needsCalibration: false,
  costPerShot: 0,
  expectedFidelity: 1,
};

/** Candidates of kernels in cross-validation; costs and folds that each of them, and each of the control, is tried with. */
const MAPS = KERNEL_GRID.pairs.length * KERNEL_GRID.repetitions.length * KERNEL_GRID.bandwidths.length;
const CONTROLS = RBF_GRID.gammas.length;
const TRIALS = KERNEL_GRID.costs.length * 5;
/** Microseconds on one core for a state at 2^12 amplitudes: of a kernel's, and of one of a training step. */
const STATE_US = 8000;
const STEP_STATE_US = 26_000;
/** Microseconds for a support-vector machine, and for one for each pair of its samples: the number of its steps grows with them. */
const MACHINE_US = 500;
const PAIR_US = 0.13;
/** Microseconds for one shot of one entry of a sampled kernel. */
const DRAW_US = 0.012;

/** The plugin around a way to learn off the thread. Results: "predictions.json" and "summary.json". */
export function qmlPlugin(learn: OffThread<ClassifyRequest, ClassifyAnswer>): PluginFactory {
  return (redeem) => ({
    manifest: QML_MANIFEST,
    estimate: (operation) => {
      const { training, unseen } = classifyData(operation.program, operation.name);
      const { method, qubits, shots, epochs } = parametersOf(operation);
      if (method === "variational" && training.classes.length !== 2)
        throw new ArqonError(
          "USAGE",
          `the variational classifier takes 2 classes, the samples have ${training.classes.length}`,
        );
      const samples = training.labels.length + unseen.length;
      const learned = training.labels.length;
      const classes = training.classes.length;
      const scale = 2 ** qubits / 2 ** QML_MANIFEST.maxQubits;
      const kernelUs = (): number =>
        MAPS * samples * (100 + STATE_US * scale) +
        MAPS * samples * learned * 8 * scale +
        shots * ((MAPS * learned) / 2 + unseen.length) * learned * DRAW_US;
      const circuitUs = (): number => samples * epochs * 8 * qubits * (100 + STEP_STATE_US * scale);
      // One machine for each two classes, on the samples of both.
      const machineUs = MACHINE_US + PAIR_US * learned * learned * ((2 * (classes - 1)) / classes);
      const machines = TRIALS * (CONTROLS + (method === "kernel" ? MAPS : 0));
      return {
        qubits,
        memoryBytes: 16 * 2 ** qubits * samples + 8 * 3 * samples * learned,
        timeMs: Math.ceil(((method === "kernel" ? kernelUs() : circuitUs()) + machines * machineUs) / 1000),
      };
    },
    health: async () => ({ ok: true, note: "" }),
    execute: async (operation, permit, { signal, progress }) => {
      redeem(permit, operation);
      const request: ClassifyRequest = {
        data: classifyData(operation.program, operation.name),
        parameters: parametersOf(operation),
        seed: operation.seed,
      };
      const { predictions, summary } = await learn(request, { signal, progress });
      return {
        results: [
          { name: "predictions.json", value: predictions },
          { name: "summary.json", value: summary },
        ],
        notes: { engine: QML_MANIFEST.engine.name },
        warnings: warningsOf(summary),
      };
    },
  });
}

/** A control that does better is said, not hidden. */
function warningsOf(summary: JsonObject): string[] {
  const ours = summary["accuracy"];
  const theirs = (summary["control"] as JsonObject)["accuracy"];
  if (typeof ours !== "number" || typeof theirs !== "number" || ours >= theirs) return [];
  return [`the classical control is right more often: ${theirs} against ${ours}`];
}

function parametersOf({ parameters }: Operation): ClassifyParameters {
  const { method, qubits, shots, epochs } = parameters;
  const known = QML_METHODS.find((each) => each === method);
  if (!known || typeof qubits !== "number" || typeof shots !== "number" || typeof epochs !== "number")
    throw new TypeError("parameters must be filled in");
  return { method: known, qubits, shots, epochs };
}
