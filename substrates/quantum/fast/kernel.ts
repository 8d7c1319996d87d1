/** The WebAssembly kernel with a state in its memory. */
import { ArqonError } from "@arqon/core/base";
import { QUANTUM_KERNEL } from "../kernel/gen/kernel.ts";
import type { Operation } from "./operation.ts";
import { BLOCK_BITS, GROUP_OPERATIONS, type Group } from "./schedule.ts";
import { wasm } from "./webassembly.ts";

/** Layout of the memory: a page for bit lists, the program, the scratch block, the state. */
const BITS_AT = 1024;
const PROGRAM_AT = 65536;
const RECORD_BYTES = 384;
const COEFFICIENTS_AT = 64;
const SCRATCH_AT = PROGRAM_AT + GROUP_OPERATIONS * RECORD_BYTES;
/** Keeps real and imaginary parts from sharing cache sets. */
const SKEW = 4096 + 64;
const STATE_AT = Math.ceil((SCRATCH_AT + 2 * 8 * 2 ** BLOCK_BITS + SKEW) / 4096) * 4096;
/** Amplitudes times operations of one call, so that cancelling is prompt: some tenths of a second. */
const CALL_WORK = 2 ** 27;

interface Exports {
  contiguous(
    re: number,
    im: number,
    bits: number,
    from: number,
    to: number,
    program: number,
    count: number,
  ): void;
  gathered(
    re: number,
    im: number,
    low: number,
    m: number,
    high: number,
    from: number,
    to: number,
    scratch: number,
    program: number,
    count: number,
  ): void;
}

let compiled: object | undefined;

function kernelModule(): object {
  compiled ??= new wasm.Module(Uint8Array.from(atob(QUANTUM_KERNEL), (c) => c.charCodeAt(0)));
  return compiled;
}

/** A statevector of at least four positions and the code that works on it. */
export class Kernel {
  readonly re: Float64Array;
  readonly im: Float64Array;
  readonly #exports: Exports;
  readonly #words: Uint32Array;
  readonly #doubles: Float64Array;
  readonly #imAt: number;

  /** @throws ArqonError `QUANTUM_TOO_LARGE` when the machine has not the memory. */
  constructor(width: number) {
    const size = 2 ** Math.max(4, width);
    this.#imAt = STATE_AT + 8 * size + SKEW;
    const bytes = this.#imAt + 8 * size;
    let memory: InstanceType<typeof wasm.Memory>;
    try {
      const pages = Math.ceil(bytes / 65536);
      memory = new wasm.Memory({ initial: pages, maximum: pages });
    } catch (cause) {
      throw new ArqonError("QUANTUM_TOO_LARGE", `${bytes} bytes for ${width} qubits are not to be had here`, {
        cause,
        details: { qubits: width, memoryBytes: bytes },
      });
    }
    const instance = new wasm.Instance(kernelModule(), { env: { memory } });
    this.#exports = instance.exports as Exports;
    this.#words = new Uint32Array(memory.buffer, 0, STATE_AT / 4);
    this.#doubles = new Float64Array(memory.buffer, 0, STATE_AT / 8);
    this.re = new Float64Array(memory.buffer, STATE_AT, size);
    this.im = new Float64Array(memory.buffer, this.#imAt, size);
  }

  /** Applies a group to the first 2^active amplitudes; `tick` is told the part of it that is done. */
  apply(group: Group, active: number, tick: (part: number) => void): void {
    const { low, high, operations } = group;
    const bits = Math.min(low + high.length, Math.max(4, active));
    const local = (position: number): number => (position < low ? position : low + high.indexOf(position));
    for (const [k, operation] of operations.entries()) this.#write(k, operation, local);
    for (const [k, position] of high.entries()) this.#words[BITS_AT / 4 + k] = position;
    const blocks = 2 ** Math.max(0, active - bits);
    const step = Math.max(1, Math.floor(CALL_WORK / (2 ** bits * operations.length)));
    for (let from = 0; from < blocks; from += step) {
      tick(from / blocks);
      const to = Math.min(blocks, from + step);
      const { contiguous, gathered } = this.#exports;
      if (high.length === 0) contiguous(STATE_AT, this.#imAt, bits, from, to, PROGRAM_AT, operations.length);
      else
        gathered(
          STATE_AT,
          this.#imAt,
          low,
          high.length,
          BITS_AT,
          from,
          to,
          SCRATCH_AT,
          PROGRAM_AT,
          operations.length,
        );
    }
  }

  #write(k: number, operation: Operation, local: (position: number) => number): void {
    const at = PROGRAM_AT + k * RECORD_BYTES;
    const word = at / 4;
    const stride = (position: number | undefined): number =>
      position === undefined ? 0 : 8 << local(position);
    this.#words[word] = operation.kind;
    this.#words[word + 1] = operation.around.length;
    for (const [i, position] of operation.around.entries()) this.#words[word + 2 + i] = local(position) - 1;
    this.#words[word + 7] = operation.fixed.reduce(
      (bits, position) => bits | (1 << (local(position) - 1)),
      0,
    );
    this.#words[word + 8] = stride(operation.targets[0]);
    this.#words[word + 9] = stride(operation.targets[1]);
    this.#words[word + 10] = operation.odd ? 1 : 0;
    this.#doubles.set(operation.coefficients, (at + COEFFICIENTS_AT) / 8);
  }
}
