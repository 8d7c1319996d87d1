/** Learns and predicts, and judges it beside a classical control where the truth is known. */
import type { JsonObject } from "@arqon/core/base";
import { wilson } from "@arqon/core/math";
import {
  type KernelPrediction,
  quantumKernelClassifier,
  rbfClassifier,
  variationalClassifier,
} from "@arqon/substrates/quantum";
import type { ClassifyData, ClassifyParameters } from "./classify-request.ts";

/** One request to the thread that learns. */
export interface ClassifyRequest {
  readonly data: ClassifyData;
  readonly parameters: ClassifyParameters;
  readonly seed: bigint;
}

/** What came out; both parts are the same on any machine. */
export interface ClassifyAnswer {
  /** `{classes, predicted}`. */
  readonly predictions: JsonObject;
  /** What was chosen and learned, how well it does, and how well the control does. */
  readonly summary: JsonObject;
}

/** The answer to a request. @cost  seconds for some hundred samples; see the classifiers. */
export function classify(
  { data, parameters, seed }: ClassifyRequest,
  progress: (fraction: number, note: string) => void,
): ClassifyAnswer {
  const { training, unseen, truth } = data;
  const { method, qubits, shots, epochs } = parameters;
  progress(0, "control");
  const control = rbfClassifier(training, unseen, { qubits, seed });
  progress(0.1, "learning");
  const learned =
    method === "kernel"
      ? ofKernel(quantumKernelClassifier(training, unseen, { qubits, seed, shots }))
      : ofCircuit(
          variationalClassifier(training, unseen, {
            qubits,
            seed,
            epochs,
            onEpoch: (epoch) => progress(0.1 + (0.9 * (epoch + 1)) / epochs, "learning"),
          }),
        );
  const names = (predicted: readonly number[]): string[] =>
    predicted.map((k) => training.classes[k] as string);
  const judge = (predicted: readonly number[]): JsonObject =>
    truth === undefined || truth.length === 0 ? {} : accuracy(names(predicted), truth);
  return {
    predictions: { classes: [...training.classes], predicted: names(learned.predicted) },
    summary: {
      control: { method: "rbf", ...chosen(control), ...judge(control.predicted) },
      method,
      qubits,
      samples: training.labels.length,
      unseen: unseen.length,
      ...learned.summary,
      ...judge(learned.predicted),
    },
  };
}

interface Learned {
  readonly predicted: readonly number[];
  readonly summary: JsonObject;
}

function ofKernel(prediction: KernelPrediction): Learned {
  return { predicted: prediction.predicted, summary: chosen(prediction) };
}

function ofCircuit(prediction: ReturnType<typeof variationalClassifier>): Learned {
  const { predicted, losses, parameters } = prediction;
  return { predicted, summary: { angles: [...parameters], loss: losses.at(-1) ?? 0 } };
}

function chosen({ kernel, cost, validationAccuracy, supportVectors }: KernelPrediction): JsonObject {
  return { cost, kernel: { ...kernel }, supportVectors, validationAccuracy };
}

/** The share of right answers, with Wilson's 95 % interval. */
function accuracy(predicted: readonly string[], truth: readonly string[]): JsonObject {
  const right = predicted.filter((label, k) => label === truth[k]).length;
  const { low, high } = wilson(right, truth.length);
  return { accuracy: right / truth.length, interval: [low, high], right };
}
