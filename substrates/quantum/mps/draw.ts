/** Draws basis states from a chain. */
import type { Chain } from "./chain.ts";

/** A number is used up once what it was divided into is this small: then the next is taken. */
const NARROW = 2 ** -30;

/** Shots that agree on the sites so far. */
interface Part {
  readonly site: number;
  readonly bits: Uint8Array;
  readonly shots: Uint32Array;
  /** Where each shot's number lies in what is left of its interval. */
  readonly numbers: Float64Array;
  /** Length of that interval, and how many numbers were used. */
  readonly width: number;
  readonly used: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * Site after site, the number of a shot decides between 0 (below) and 1 (above): so it picks from the basis states in the
 * order of their index, first site most significant. Shots that agree share the work.
 *
 * @param chain  with its center at site 0, of norm 1.
 * @cost  O(sites bond^2) for each different outcome.
 */
export function draw(
  chain: Chain,
  shots: number,
  uniform: (i: number, k: number) => number,
  add: (bits: Uint8Array, count: number) => void,
): void {
  const waiting: Part[] = [
    {
      site: 0,
      bits: new Uint8Array(chain.length),
      shots: Uint32Array.from({ length: shots }, (_, i) => i),
      numbers: Float64Array.from({ length: shots }, (_, i) => uniform(i, 0)),
      width: 1,
      used: 1,
      re: Float64Array.of(1),
      im: Float64Array.of(0),
    },
  ];
  for (let part = waiting.pop(); part; part = waiting.pop()) {
    if (part.site === chain.length) add(part.bits, part.shots.length);
    else waiting.push(...split(chain, part, uniform));
  }
}

function split(chain: Chain, part: Part, uniform: (i: number, k: number) => number): Part[] {
  const { left, right, tensor } = chain.peek(part.site);
  const vectors = [0, 1].map((value) => {
    const [re, im] = [new Float64Array(right), new Float64Array(right)];
    let weight = 0;
    for (let r = 0; r < right; r++) {
      let [x, y] = [0, 0];
      const at = (2 * r + value) * left;
      for (let l = 0; l < left; l++) {
        const [ar, ai] = [tensor.re[at + l] as number, tensor.im[at + l] as number];
        const [vr, vi] = [part.re[l] as number, part.im[l] as number];
        x += ar * vr - ai * vi;
        y += ar * vi + ai * vr;
      }
      [re[r], im[r]] = [x, y];
      weight += x * x + y * y;
    }
    return { re, im, weight };
  });
  const [zero, one] = vectors as [(typeof vectors)[0], (typeof vectors)[0]];
  const below = zero.weight / (zero.weight + one.weight);
  const members: [number[], number[]] = [[], []];
  for (let i = 0; i < part.shots.length; i++) members[(part.numbers[i] as number) < below ? 0 : 1].push(i);
  return [0, 1].flatMap((value): Part[] => {
    const chosen = members[value] as number[];
    const vector = vectors[value] as (typeof vectors)[0];
    if (chosen.length === 0) return [];
    const share = value === 0 ? below : 1 - below;
    const from = value === 0 ? 0 : below;
    const shots = Uint32Array.from(chosen, (i) => part.shots[i] as number);
    const fresh = part.width * share < NARROW;
    const numbers = fresh
      ? Float64Array.from(shots, (shot) => uniform(shot, part.used))
      : Float64Array.from(chosen, (i) => ((part.numbers[i] as number) - from) / share);
    const bits = part.bits.slice();
    bits[part.site] = value;
    const scale = 1 / Math.sqrt(vector.weight);
    return [
      {
        site: part.site + 1,
        bits,
        shots,
        numbers,
        width: fresh ? 1 : part.width * share,
        used: part.used + (fresh ? 1 : 0),
        re: vector.re.map((x) => x * scale),
        im: vector.im.map((x) => x * scale),
      },
    ];
  });
}
