/**
 * Many shots of a Clifford circuit with Pauli noise: only the difference of each shot to one noiseless reference is followed,
 * a Pauli string (a frame) a shot, 1,024 shots in the bits of a row.
 *
 * @source Gidney 2021, "Stim: a fast stabilizer circuit simulator", section 4
 */
import { ArqonError, createRandom, type Random } from "@arqon/core/base";
import { log } from "@arqon/core/math";
import { checkShots } from "../estimate.ts";
import { outcomeKey, sortedCounts } from "../simulate/counts.ts";
import { STABILIZER_QUBITS } from "./estimate.ts";
import { FRAME, type FrameChannel, type FrameProgram } from "./frame-program.ts";
import { OP, Tableau } from "./tableau.ts";

/** Shots in a batch, and words of a row. */
export const FRAME_BATCH = 1024;
const WORDS = FRAME_BATCH / 32;

/** How to sample. */
export interface FrameOptions {
  readonly shots: number;
  /** 64 bits; each batch of 1,024 shots has its own stream, so the first shots of a longer run are those of a shorter one. */
  readonly seed: bigint;
  /** Asked before each batch; throws to stop. */
  readonly progress?: (part: number) => void;
}

/** Some shots. */
export interface FrameBatch {
  /** Of the 1,024 of a batch; the bits past them are to be left alone. */
  readonly shots: number;
  /** For measurement m, words m * 32 to m * 32 + 31: in which shots its outcome differs from the reference. Overwritten by the next batch. */
  readonly flips: Uint32Array;
}

/**
 * Samples batch after batch.
 * @cost  operations x 32 word operations a batch, and some 100 ns for each error.
 */
export function* sampleFrames(program: FrameProgram, options: FrameOptions): Generator<FrameBatch> {
  checkShots(options.shots);
  const sampler = new Sampler(program);
  for (let done = 0; done < options.shots; done += FRAME_BATCH) {
    options.progress?.(done / options.shots);
    const shots = Math.min(FRAME_BATCH, options.shots - done);
    yield { shots, flips: sampler.batch(createRandom(options.seed, BigInt(done / FRAME_BATCH))) };
  }
}

/**
 * Outcomes of one run without noise in which every random outcome is 0: what `flips` differ from. Detection events do not need it.
 *
 * @throws ArqonError `QUANTUM_TOO_LARGE` above {@link STABILIZER_QUBITS} qubits.
 * @cost  O(measurements qubits^2 / 16) word operations at most.
 */
export function referenceOf({ code, qubits, measurements }: FrameProgram): Uint8Array {
  if (qubits > STABILIZER_QUBITS)
    throw new ArqonError(
      "QUANTUM_TOO_LARGE",
      `a reference for ${qubits} qubits needs a tableau; the limit is ${STABILIZER_QUBITS} qubits`,
      { details: { qubits, limitQubits: STABILIZER_QUBITS } },
    );
  const tableau = new Tableau(qubits, 0);
  const out = new Uint8Array(measurements);
  for (let at = 0; at < code.length; at += 4) {
    const [kind, a, b, value] = [code[at], code[at + 1], code[at + 2], code[at + 3]] as [
      number,
      number,
      number,
      number,
    ];
    if (kind === FRAME.measure) out[b] = tableau.measure(a).outcome.constant;
    else if (kind === FRAME.reset) {
      if (tableau.measure(a).outcome.constant) tableau.apply(OP.x, a, a);
    } else if (kind >= FRAME.when) {
      if (out[b] === value) tableau.apply(kind - FRAME.when, a, a);
    } else if (kind !== FRAME.noise) tableau.apply(kind, a, b);
  }
  return out;
}

/** Counts by key, in Qiskit's form and ascending order: reference and frames joined. */
export function countFrames(program: FrameProgram, options: FrameOptions): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const { recordOf, registers } = program;
  const reference = referenceOf(program);
  const bits = new Uint8Array(recordOf.length);
  for (const { shots, flips } of sampleFrames(program, options))
    for (let shot = 0; shot < shots; shot++) {
      for (let b = 0; b < bits.length; b++) {
        const record = recordOf[b] as number;
        if (record < 0) continue;
        const flip = ((flips[record * WORDS + (shot >>> 5)] as number) >>> (shot & 31)) & 1;
        bits[b] = flip ^ (reference[record] as number);
      }
      const key = outcomeKey(registers, bits);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  return sortedCounts(counts);
}

/**
 * Detection events: a detector is a set of measurements whose parity is fixed without noise; it fires in the shots where
 * noise turned that parity.
 *
 * @returns  how often each detector fired.
 */
export function countDetections(
  program: FrameProgram,
  detectors: readonly (readonly number[])[],
  options: FrameOptions,
): Float64Array {
  const fired = new Float64Array(detectors.length);
  for (const { shots, flips } of sampleFrames(program, options))
    for (const [d, records] of detectors.entries())
      for (let w = 0; 32 * w < shots; w++) {
        let word = 0;
        for (const record of records) word ^= flips[record * WORDS + w] as number;
        if (32 * w + 32 > shots) word &= (1 << (shots & 31)) - 1;
        fired[d] = (fired[d] as number) + ones(word);
      }
  return fired;
}

function ones(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return Math.imul((w + (w >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

class Sampler {
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
    // Below 1e-8 the logarithm has lost digits, and below 1e-16 all of them; the series has not.
    this.#logs = Float64Array.from(program.channels, ({ total }) =>
      total < 1e-8 ? -total - (total * total) / 2 : log(1 - total),
    );
  }

  batch(random: Random): Uint32Array {
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
