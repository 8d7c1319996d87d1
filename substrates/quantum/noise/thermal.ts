/** Relaxation towards thermal equilibrium for a time. */
import { exp, identity, type Matrix } from "@arqon/core/math";
import { type Channel, invalid, krausChannel } from "./channel.ts";
import { checkWeight, scaled, withoutZeros } from "./standard.ts";

/** Relaxation times in one unit of time; `Infinity` for none. */
export interface Relaxation {
  readonly t1: number;
  /** At most 2 t1. */
  readonly t2: number;
  /** Weight of |1> in equilibrium. */
  readonly excited: number;
}

/** 1 - e^{-x} for x >= 0, without losing digits where x is small. */
export function decayed(x: number): number {
  if (x > 0.05) return 1 - exp(-x);
  let [term, sum] = [x, x];
  for (let k = 2; k <= 10; k++) {
    term *= -x / k;
    sum += term;
  }
  return sum;
}

/**
 * Relaxation for `time`: populations by t1, coherences by t2.
 *
 * The first Kraus operator is the largest multiple of the identity the channel contains, so that simulations can draw
 * "nothing happened" without looking at the state. The channel is Aer's, in both of its branches (t2 <= t1 and above).
 *
 * @throws ArqonError `NOISE_INVALID` unless t1 > 0, 0 < t2 <= 2 t1, time >= 0 and the population is in [0, 1].
 * @source Choi matrix [[1 - p1 r, 0, 0, e2], [0, p1 r, 0, 0], [0, 0, p0 r, 0], [e2, 0, 0, 1 - p0 r]], r = 1 - e^{-time/t1}.
 */
export function thermalRelaxation({ t1, t2, excited }: Relaxation, time: number): Channel {
  if (!(t1 > 0) || !(t2 > 0)) throw invalid(`relaxation times must be positive, not ${t1} and ${t2}`);
  if (t2 > 2 * t1) throw invalid(`T2 of ${t2} is over 2 T1 = ${2 * t1}`);
  if (!(time >= 0 && time < Number.POSITIVE_INFINITY))
    throw invalid(`a time must be finite and not negative, not ${time}`);
  checkWeight("the excited population", excited);
  const reset = decayed(time / t1);
  const lost = decayed(time / t2);
  const [up, down] = [excited * reset, (1 - excited) * reset];
  const jumps = [
    Float64Array.of(0, 0, 0, 0, Math.sqrt(up), 0, 0, 0),
    Float64Array.of(0, 0, Math.sqrt(down), 0, 0, 0, 0, 0),
  ];
  return krausChannel(withoutZeros([...noJump(up, down, lost), ...jumps]));
}

/** Kraus operators of the part [[1 - up, 1 - lost], [1 - lost, 1 - down]] on |0>, |1>. */
function noJump(up: number, down: number, lost: number): Matrix[] {
  const spread = 2 * lost - up - down;
  const changed = spread > 0 ? (lost * lost - up * down) / spread : lost > 0 ? 1 : 0;
  if (changed <= 1 - 1e-9 && changed >= 0) {
    const root = Math.sqrt(spread);
    return [
      scaled(identity(2), Math.sqrt(1 - changed)),
      ...(root > 0 ? [Float64Array.of((lost - up) / root, 0, 0, 0, 0, 0, (down - lost) / root, 0)] : []),
    ];
  }
  // Dephasing only as far as t1 brings it: no multiple of the identity is left.
  const first = Math.sqrt(1 - up);
  const second = (1 - lost) / first;
  const rest = Math.max(0, 1 - down - second * second);
  return [
    Float64Array.of(first, 0, 0, 0, 0, 0, second, 0),
    Float64Array.of(0, 0, 0, 0, 0, 0, rest > 1e-15 ? Math.sqrt(rest) : 0, 0),
  ];
}

/** Planck's constant over Boltzmann's, in millikelvin seconds, as Aer has it. */
const PLANCK_OVER_BOLTZMANN = 47.99243e-9;

/**
 * Weight of |1> in equilibrium; 0 for an unknown frequency or a temperature of 0.
 *
 * @param temperatureMk  millikelvin; below 0 the state |1> is the ground state.
 */
export function excitedPopulation(frequencyHz: number | undefined, temperatureMk: number): number {
  if (frequencyHz === undefined || !Number.isFinite(frequencyHz) || temperatureMk === 0) return 0;
  const weight = 1 / (1 + exp((PLANCK_OVER_BOLTZMANN * frequencyHz) / Math.abs(temperatureMk)));
  return temperatureMk < 0 ? 1 - weight : weight;
}
