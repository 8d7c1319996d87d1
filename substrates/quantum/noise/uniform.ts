/** Random numbers of noisy shots: each is fixed by seed, shot, purpose and place, and by nothing else. */
import { philox4x32 } from "@arqon/core/base";

/** What a number is for; every pair of purpose and place is used once in a shot. */
export const PURPOSE = { event: 0, branch: 1, jump: 2, measure: 3, final: 4, read: 5 } as const;

/** Keeps these numbers apart from those of noiseless runs with the same seed. */
const DOMAIN = 0x6e6f6973;

/** The numbers of one seed. */
export class ShotUniforms {
  readonly #low: number;
  readonly #high: number;
  readonly #counter = new Uint32Array(4);
  readonly #block = new Uint32Array(4);

  constructor(seed: bigint) {
    this.#low = Number(seed & 0xffffffffn);
    this.#high = Number((seed >> 32n) & 0xffffffffn);
  }

  /** A double in [0, 1) with 53 random bits. */
  at(shot: number, purpose: number, place: number): number {
    this.#counter[0] = place;
    this.#counter[1] = purpose;
    this.#counter[2] = shot;
    this.#counter[3] = DOMAIN;
    philox4x32(this.#counter, this.#low, this.#high, this.#block);
    const low = (this.#block[0] as number) >>> 5;
    const top = (this.#block[1] as number) >>> 6;
    return (low * 67108864 + top) / 9007199254740992;
  }
}
