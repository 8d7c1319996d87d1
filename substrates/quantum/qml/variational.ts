/** The variational classifier: a trainable circuit behind the feature map, and gradients by parameter shift. */
import { ArqonError, createRandom } from "@arqon/core/base";
import type { Circuit } from "../circuit.ts";
import { type QuantumCircuit, quantumCircuit } from "../fluent/index.ts";
import { parameterShift, pauliExpectation } from "../observables/index.ts";
import { statevector } from "../run.ts";
import { addFeatureMap, type FeatureMap } from "./feature-map.ts";
import { shuffle } from "./folds.ts";
import { type LabelledSet, QML_LIMITS } from "./labelled-set.ts";
import { fitProjection } from "./projection.ts";

/** How to learn. */
export interface VariationalOptions {
  /** Principal components kept: qubits. At most 12. */
  readonly qubits: number;
  /** Fixes first angles and the order of samples. */
  readonly seed: bigint;
  readonly map?: FeatureMap;
  /** Layers of entangling gates; there is one more of rotations. Default 1. */
  readonly layers?: number;
  /** Times that every sample is seen. Default 15. */
  readonly epochs?: number;
  /** Samples for each step. Default 16. */
  readonly batch?: number;
  /** Size of a step (Adam). Default 0.1. */
  readonly rate?: number;
  /** Told after each epoch; may throw to end it. */
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

/** What was learned and what it says of the unseen samples. */
export interface VariationalPrediction {
  /** Angles of the rotations, layer by layer, and at the end the bias. */
  readonly parameters: Float64Array;
  /** Mean squared error over the training samples, after each epoch (running mean over its steps). */
  readonly losses: readonly number[];
  readonly predicted: readonly number[];
}

const DEFAULT_MAP: FeatureMap = { pairs: "product", bandwidth: 0.4, repetitions: 1 };
/** For states of some tens of amplitudes, preparing the fast engine costs more than it saves. */
const ENGINE = "oracle";

/** Feature map, then layers of RZ and RY on every qubit with a chain of CX between them. */
export function variationalCircuit(
  sample: readonly number[],
  angles: ArrayLike<number>,
  map: FeatureMap,
): Circuit {
  const circuit = addFeatureMap(quantumCircuit(sample.length, 0, "variational"), sample, map);
  return addAnsatz(circuit, sample.length, angles).build();
}

function addAnsatz(circuit: QuantumCircuit, qubits: number, angles: ArrayLike<number>): QuantumCircuit {
  for (let at = 0; at < angles.length; at += 2 * qubits) {
    if (at > 0) for (let q = 0; q + 1 < qubits; q++) circuit.cx(q, q + 1);
    for (let q = 0; q < qubits; q++)
      circuit.rz(angles[at + 2 * q] as number, q).ry(angles[at + 2 * q + 1] as number, q);
  }
  return circuit;
}

/**
 * Learns two classes: +1 and -1 are fitted by <Z...Z> + bias in least squares, with Adam, and the sign decides.
 *
 * @throws ArqonError `USAGE` unless there are two classes.
 * @cost  2 states for each angle and sample and epoch.
 * @source Farhi and Neven 2018; Schuld et al. 2020, Circuit-centric quantum classifiers; Kingma and Ba 2015 (Adam)
 */
export function variationalClassifier(
  training: LabelledSet,
  unseen: readonly (readonly number[])[],
  options: VariationalOptions,
): VariationalPrediction {
  const { seed, map = DEFAULT_MAP, layers = 1, epochs = 15, batch = 16, rate = 0.1, onEpoch } = options;
  if (training.classes.length !== 2)
    throw new ArqonError(
      "USAGE",
      `the variational classifier takes 2 classes, not ${training.classes.length}`,
    );
  if (!Number.isInteger(options.qubits) || options.qubits < 1 || options.qubits > QML_LIMITS.qubits)
    throw new ArqonError("USAGE", `qubits must be from 1 to ${QML_LIMITS.qubits}, not ${options.qubits}`);
  const projection = fitProjection(training.features, options.qubits);
  const rows = projection.apply(training.features);
  const qubits = (rows[0] as number[]).length;
  const parity = "Z".repeat(qubits);
  const value = (sample: readonly number[], angles: ArrayLike<number>): number =>
    pauliExpectation(statevector(variationalCircuit(sample, angles, map), ENGINE), parity);

  const random = createRandom(seed);
  const angles = 2 * qubits * (layers + 1);
  const parameters = new Float64Array(angles + 1);
  for (let k = 0; k < angles; k++) parameters[k] = (random.nextDouble() - 0.5) * Math.PI;
  const step = adam(parameters, rate);
  const order = rows.map((_, k) => k);
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random);
    let loss = 0;
    for (let from = 0; from < order.length; from += batch) {
      const chosen = order.slice(from, from + batch);
      const gradient = new Float64Array(angles + 1);
      const at = parameters.slice(0, angles);
      for (const k of chosen) {
        const sample = rows[k] as number[];
        const side = training.labels[k] === 1 ? 1 : -1;
        const error = value(sample, at) + (parameters[angles] as number) - side;
        loss += (error * error) / rows.length;
        const slope = parameterShift((shifted) => value(sample, shifted), at);
        for (let a = 0; a < angles; a++)
          gradient[a] = (gradient[a] as number) + (2 * error * (slope[a] as number)) / chosen.length;
        gradient[angles] = (gradient[angles] as number) + (2 * error) / chosen.length;
      }
      step(gradient);
    }
    losses.push(loss);
    onEpoch?.(epoch, loss);
  }
  const learned = parameters.slice(0, angles);
  const bias = parameters[angles] as number;
  const predicted = projection.apply(unseen).map((sample) => (value(sample, learned) + bias > 0 ? 1 : 0));
  return { parameters, losses, predicted };
}

/** Steps of Adam with its usual decays, in place. */
function adam(parameters: Float64Array, rate: number): (gradient: Float64Array) => void {
  const [first, second] = [new Float64Array(parameters.length), new Float64Array(parameters.length)];
  let [one, two] = [1, 1];
  return (gradient) => {
    one *= 0.9;
    two *= 0.999;
    for (let k = 0; k < parameters.length; k++) {
      const g = gradient[k] as number;
      first[k] = 0.9 * (first[k] as number) + 0.1 * g;
      second[k] = 0.999 * (second[k] as number) + 0.001 * g * g;
      const mean = (first[k] as number) / (1 - one);
      const spread = Math.sqrt((second[k] as number) / (1 - two));
      parameters[k] = (parameters[k] as number) - (rate * mean) / (spread + 1e-8);
    }
  };
}
