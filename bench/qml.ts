/** Quantum kernels beside radial basis functions: right answers on unseen samples, over many ways to part a real data set. */
import { readFileSync } from "node:fs";
import { createRandom } from "@arqon/core/base";
import {
  labelledSet,
  quantumKernelClassifier,
  rbfClassifier,
  rowsAt,
  stratifiedSplit,
} from "@arqon/substrates/quantum";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "qml";

const FILE = new URL("../examples/wine.csv", import.meta.url);
/** Splits on which the number of components and the grids were chosen are below this; none of them counts here. */
const FIRST_SPLIT = 1000;
const QUBITS = 3;

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const lines = readFileSync(FILE, "utf8").trim().split("\n").slice(1);
  const set = labelledSet(
    lines.map((line) => line.split(",").slice(0, -1).map(Number)),
    lines.map((line) => line.split(",").at(-1) as string),
  );
  const splits = quick ? 5 : 100;
  const [quantum, control]: [number[], number[]] = [[], []];
  // Shares of all samples judged, in whole numbers: two that are equal are equal to the last bit.
  const right = { quantum: 0, control: 0, of: 0 };
  for (let split = 0; split < splits; split++) {
    const seed = BigInt(FIRST_SPLIT + split);
    const { train, test } = stratifiedSplit(set.labels, 0.5, createRandom(seed));
    const [training, unseen] = [rowsAt(set, train), rowsAt(set, test)];
    const options = { qubits: QUBITS, seed };
    const count = (predicted: readonly number[]): number =>
      predicted.filter((label, k) => label === unseen.labels[k]).length;
    const [ours, theirs] = [
      count(quantumKernelClassifier(training, unseen.features, options).predicted),
      count(rbfClassifier(training, unseen.features, options).predicted),
    ];
    quantum.push(ours / unseen.labels.length);
    control.push(theirs / unseen.labels.length);
    right.quantum += ours;
    right.control += theirs;
    right.of += unseen.labels.length;
  }
  const differences = quantum.map((value, k) => value - (control[k] as number));
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  const spread = (values: readonly number[]): number => {
    const middle = mean(values);
    return Math.sqrt(mean(values.map((x) => (x - middle) ** 2)));
  };
  const half = 1.96 * (spread(differences) / Math.sqrt(splits));
  log(
    `qml: wine, ${splits} splits: quantum kernel ${mean(quantum).toFixed(4)}, control ${mean(control).toFixed(4)}, ` +
      `difference ${mean(differences).toFixed(4)} +- ${half.toFixed(4)} (95 % of the mean over these splits)`,
  );
  yield benchRow({
    bench: name,
    case: "wine",
    metric: "accuracy",
    unit: "share",
    values: [right.quantum / right.of],
    peer: { name: "rbf", values: [right.control / right.of] },
    target: 1,
  });
}
