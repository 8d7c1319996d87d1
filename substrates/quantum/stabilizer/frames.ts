/**
 * Many shots of a Clifford circuit with Pauli noise: only the difference of each shot to one noiseless reference is followed,
 * a Pauli string (a frame) a shot, 1,024 shots in the bits of a row.
 *
 * @source Gidney 2021, "Stim: a fast stabilizer circuit simulator", section 4
 */
import { ArqonError } from "@arqon/core/base";
import { checkShots } from "../estimate.ts";
import { outcomeKey, sortedCounts } from "../simulate/counts.ts";
import { STABILIZER_QUBITS } from "./estimate.ts";
import { FrameKernel } from "./frame-kernel.ts";
import { FRAME, type FrameProgram } from "./frame-program.ts";
import { FRAME_BATCH, FRAME_WORDS as WORDS } from "./frame-sampler.ts";
import { OP, Tableau } from "./tableau.ts";

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
 * @throws ArqonError `QUANTUM_TOO_LARGE` when qubits and measurements are more than a memory of 4 GiB holds.
 * @cost  operations x 8 vector operations a batch, and some 50 ns for each error.
 */
export function* sampleFrames(program: FrameProgram, options: FrameOptions): Generator<FrameBatch> {
  checkShots(options.shots);
  const sampler = new FrameKernel(program);
  for (let done = 0; done < options.shots; done += FRAME_BATCH) {
    options.progress?.(done / options.shots);
    const shots = Math.min(FRAME_BATCH, options.shots - done);
    yield { shots, flips: sampler.batch(options.seed, done / FRAME_BATCH) };
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
