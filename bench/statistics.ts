/** Coverage of the intervals: how often one of nominally 95 % holds the truth, over many seeded experiments. */
import { createRandom, type Random } from "@arqon/core/base";
import {
  bca,
  bootstrap,
  clopperPearson,
  type Interval,
  normalQuantile,
  propagate,
  propagateInterval,
  wilson,
} from "@arqon/core/math";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "statistics";

/** One kind of experiment: draws data and says whether the interval made of it holds the truth. */
type Experiment = (random: Random) => boolean;

const holds = ({ low, high }: Interval, truth: number): boolean => low <= truth && truth <= high;
const mean = (sample: Float64Array): number => sample.reduce((sum, x) => sum + x, 0) / sample.length;
const deviation = (sample: Float64Array): number => {
  const middle = mean(sample);
  return Math.sqrt(sample.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (sample.length - 1));
};

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.nextDouble())) * Math.cos(2 * Math.PI * random.nextDouble());
}
const exponential = (random: Random): number => -Math.log(1 - random.nextDouble());

/** Shots of a proportion that is itself drawn, uniformly in [0.01, 0.99]. */
const proportion =
  (interval: typeof wilson, shots: number): Experiment =>
  (random) => {
    const p = 0.01 + 0.98 * random.nextDouble();
    let hits = 0;
    for (let shot = 0; shot < shots; shot++) if (random.nextDouble() < p) hits++;
    return holds(interval(hits, shots), p);
  };

const resampled =
  (
    interval: typeof bootstrap,
    statistic: (sample: Float64Array) => number,
    draw: (random: Random) => number,
    size: number,
    truth: number,
  ): Experiment =>
  (random) =>
    holds(
      interval(
        Float64Array.from({ length: size }, () => draw(random)),
        statistic,
        { random, resamples: 600 },
      ),
      truth,
    );

/** f of inputs that were measured with normal errors: 1.96 standard errors about its value. */
const propagated =
  (f: (inputs: Float64Array) => number, truths: readonly number[], errors: readonly number[]): Experiment =>
  (random) => {
    const measured = truths.map((truth, k) => truth + (errors[k] as number) * normal(random));
    const { value, error } = propagate(f, measured, errors);
    const reach = normalQuantile(0.975) * error;
    return holds({ low: value - reach, high: value + reach }, f(Float64Array.from(truths)));
  };
/** The same by drawing inputs. */
const drawn =
  (f: (inputs: Float64Array) => number, truths: readonly number[], errors: readonly number[]): Experiment =>
  (random) => {
    const measured = truths.map((truth, k) => truth + (errors[k] as number) * normal(random));
    const interval = propagateInterval(f, measured, errors, { random, samples: 600 });
    return holds(interval, f(Float64Array.from(truths)));
  };
const ratio = ([a, b]: Float64Array): number => (a as number) / (b as number);
const square = ([x]: Float64Array): number => (x as number) ** 2;

const CASES: readonly (readonly [string, Experiment])[] = [
  ["wilson", proportion(wilson, 200)],
  ["clopper-pearson", proportion(clopperPearson, 200)],
  ["bootstrap", resampled(bootstrap, mean, normal, 100, 0)],
  ["bca", resampled(bca, mean, normal, 100, 0)],
  ["bootstrap-skewed-30", resampled(bootstrap, mean, exponential, 30, 1)],
  ["bca-skewed-30", resampled(bca, mean, exponential, 30, 1)],
  ["bca-of-deviation", resampled(bca, deviation, normal, 100, 1)],
  ["propagate-ratio", propagated(ratio, [0.6, 0.8], [0.02, 0.02])],
  ["propagate-bent", propagated(square, [0.1], [0.1])],
  ["propagate-drawn-ratio", drawn(ratio, [0.6, 0.8], [0.02, 0.02])],
  ["propagate-drawn-bent", drawn(square, [0.1], [0.1])],
];

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const experiments = quick ? 500 : 10_000;
  for (const [of, experiment] of CASES) {
    let covered = 0;
    for (let e = 0; e < experiments; e++) if (experiment(createRandom(2026n, BigInt(e)))) covered++;
    const coverage = covered / experiments;
    log(`statistics: ${of} covers in ${(100 * coverage).toFixed(2)} % of ${experiments} experiments`);
    yield benchRow({ bench: name, case: of, metric: "coverage", unit: "share", values: [coverage] });
  }
}
