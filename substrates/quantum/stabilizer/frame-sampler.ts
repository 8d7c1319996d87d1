/** The plain sampler of Pauli frames. */
import { createRandom, type Random } from "@arqon/core/base";
import { log } from "@arqon/core/math";
import { FRAME, type FrameChannel, type FrameProgram } from "./frame-program.ts";
import { OP } from "./tableau.ts";

/** Shots in a batch, and words of a row. */
export const FRAME_BATCH = 1024;
export const FRAME_WORDS: number = FRAME_BATCH / 32;
const WORDS = FRAME_WORDS;

/** Samples one batch of shots of a program. */
export interface FrameSampler {
  /** @returns in which shots each measurement differs from the reference; overwritten by the next batch. */
  batch(seed: bigint, number: number): Uint32Array;
}

/** log(1 - total). Below 1e-8 the logarithm has lost digits, and below 1e-16 all of them; the series has not. */
export function logOf({ total }: FrameChannel): number {
  return total < 1e-8 ? -total - (total * total) / 2 : log(1 - total);
}

/** One batch after another; the kernel of `frame-kernel.ts` is checked against it, bit for bit. */
export class PlainSampler implements FrameSampler {
  readonly #program: FrameProgram;
  readonly #x: Uint32Array;
  readonly #z: Uint32Array;
  readonly #flips: Uint32Array;
  /** For each channel how many chances pass until its next error. */
  readonly #gaps: Float64Array;
  readonly #logs: Float64Array;

  constructor(program: FrameProgram) {
    this.#program = program;
    this.#x = new Uint32Array(program.qubits * WORDS);
    this.#z = new Uint32Array(program.qubits * WORDS);
    this.#flips = new Uint32Array(program.measurements * WORDS);
    this.#gaps = new Float64Array(program.channels.length);
    this.#logs = Float64Array.from(program.channels, logOf);
  }

  batch(seed: bigint, number: number): Uint32Array {
    const random = createRandom(seed, BigInt(number));
    const [x, z, flips] = [this.#x, this.#z, this.#flips];
    const { code } = this.#program;
    x.fill(0);
    // |0> is the same with and without Z: a random one there makes later random outcomes differ from the reference.
    for (let i = 0; i < z.length; i++) z[i] = random.nextU32();
    for (let c = 0; c < this.#gaps.length; c++) this.#gaps[c] = this.#gap(c, random);
    for (let at = 0; at < code.length; at += 4) {
      const a = (code[at + 1] as number) * WORDS;
      const b = (code[at + 2] as number) * WORDS;
      switch (code[at]) {
        case OP.h:
          for (let w = 0; w < WORDS; w++) {
            const xa = x[a + w] as number;
            x[a + w] = z[a + w] as number;
            z[a + w] = xa;
          }
          break;
        case OP.s:
          for (let w = 0; w < WORDS; w++) z[a + w] = (z[a + w] as number) ^ (x[a + w] as number);
          break;
        case OP.cx:
          for (let w = 0; w < WORDS; w++) {
            x[b + w] = (x[b + w] as number) ^ (x[a + w] as number);
            z[a + w] = (z[a + w] as number) ^ (z[b + w] as number);
          }
          break;
        case OP.cz:
          for (let w = 0; w < WORDS; w++) {
            z[a + w] = (z[a + w] as number) ^ (x[b + w] as number);
            z[b + w] = (z[b + w] as number) ^ (x[a + w] as number);
          }
          break;
        case OP.swap:
          for (let w = 0; w < WORDS; w++) {
            const [xa, za] = [x[a + w] as number, z[a + w] as number];
            x[a + w] = x[b + w] as number;
            z[a + w] = z[b + w] as number;
            x[b + w] = xa;
            z[b + w] = za;
          }
          break;
        case FRAME.measure:
          for (let w = 0; w < WORDS; w++) {
            flips[b + w] = x[a + w] as number;
            z[a + w] = (z[a + w] as number) ^ random.nextU32();
          }
          break;
        case FRAME.reset:
          x.fill(0, a, a + WORDS);
          if (b !== 0) for (let w = 0; w < WORDS; w++) z[a + w] = random.nextU32();
          break;
        case FRAME.when + OP.x:
          for (let w = 0; w < WORDS; w++) x[a + w] = (x[a + w] as number) ^ (flips[b + w] as number);
          break;
        case FRAME.when + OP.y:
          for (let w = 0; w < WORDS; w++) {
            x[a + w] = (x[a + w] as number) ^ (flips[b + w] as number);
            z[a + w] = (z[a + w] as number) ^ (flips[b + w] as number);
          }
          break;
        case FRAME.when + OP.z:
          for (let w = 0; w < WORDS; w++) z[a + w] = (z[a + w] as number) ^ (flips[b + w] as number);
          break;
        case FRAME.noise:
          this.#errors(code[at + 1] as number, b, (code[at + 3] as number) * WORDS, random);
          break;
        case OP.x:
        case OP.y:
        case OP.z:
          // They move the reference, not the difference to it.
          break;
        default:
          throw new TypeError(`no frame operation ${code[at]}`);
      }
    }
    return flips;
  }

  /** Errors of a channel on one place in all shots; between errors geometric gaps run on from place to place. */
  #errors(c: number, first: number, second: number, random: Random): void {
    let gap = this.#gaps[c] as number;
    if (gap < FRAME_BATCH) {
      const { ends, x, z, total } = this.#program.channels[c] as FrameChannel;
      do {
        const [word, bit] = [gap >>> 5, 1 << (gap & 31)];
        let kind = 0;
        if (ends.length > 1) {
          const u = random.nextDouble() * total;
          while (kind + 1 < ends.length && u >= (ends[kind] as number)) kind++;
        }
        const [xs, zs] = [x[kind] as number, z[kind] as number];
        if (xs & 1) this.#x[first + word] = (this.#x[first + word] as number) ^ bit;
        if (zs & 1) this.#z[first + word] = (this.#z[first + word] as number) ^ bit;
        if (xs & 2) this.#x[second + word] = (this.#x[second + word] as number) ^ bit;
        if (zs & 2) this.#z[second + word] = (this.#z[second + word] as number) ^ bit;
        gap += 1 + this.#gap(c, random);
      } while (gap < FRAME_BATCH);
    }
    this.#gaps[c] = gap - FRAME_BATCH;
  }

  #gap(c: number, random: Random): number {
    const { total } = this.#program.channels[c] as FrameChannel;
    if (total === 0) return Number.POSITIVE_INFINITY;
    return total === 1 ? 0 : Math.floor(log(1 - random.nextDouble()) / (this.#logs[c] as number));
  }
}
