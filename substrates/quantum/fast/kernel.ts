/** The WebAssembly kernel with a state in its memory. */
import { ArqonError } from "@arqon/core/base";
import { AMPLITUDE_BYTES, type Precision, type RealArray } from "../precision.ts";
import { areaBytes, LEAST_WIDTH } from "./blocks.ts";
import { type Crew, ORDER_AT, openCrew, PARTS, release, shareOrder } from "./crew.ts";
import { type KernelExports, kernelOn } from "./module.ts";
import type { Operation } from "./operation.ts";
import { GROUP_OPERATIONS, type Group } from "./schedule.ts";
import { type Memory, wasm } from "./webassembly.ts";

/** Kinds of orders; the numbers are those of `kernel/assembly/index.ts`. */
export const ORDER = { blocks: 0, gathered: 1, layer: 2, flip: 3 } as const;

/** Layout of the memory: a page for orders, the program, an area for each thread, the state. */
export const PROGRAM_AT = 65536;
const RECORD_BYTES = 384;
const COEFFICIENTS_AT = 64;
const AREA_AT = PROGRAM_AT + GROUP_OPERATIONS * RECORD_BYTES;
/** Keeps real and imaginary parts from sharing cache sets. */
const SKEW = 4096 + 64;
/** Vector instructions of one call, so that cancelling is prompt: some tenths of a second. */
const CALL_WORK = 2 ** 30;
/** An order with less work than this is not worth waking others for. */
const SHARED_WORK = 2 ** 18;

/** One order, as the kernel reads it. */
export interface Order {
  readonly kind: number;
  readonly bits: number;
  /** Blocks, chunks or pairs there are. */
  readonly count: number;
  /** Operations, where the record is a list of them; a mask for `flip`. */
  readonly record?: number;
  readonly operations?: number;
  readonly low?: number;
  readonly high?: readonly number[];
  /** Vector instructions in all. */
  readonly work: number;
}

/** Of the last order of this thread: a helper tells by it whether the tables it has are those of an order, also of another state. */
let serial = 0;

/** A statevector of at least four positions and the code that works on it. */
export class Kernel {
  readonly re: RealArray;
  readonly im: RealArray;
  readonly precision: Precision;
  /** Positions within a vector. */
  readonly lanes: number;
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
  readonly #coefficients: RealArray;
  readonly #control: Int32Array | undefined;
  readonly #kernel: KernelExports;
  readonly #memory: Memory;
  readonly #stateAt: number;
  readonly #imAt: number;
  readonly #areaBytes: number;
  readonly #crew: Crew | undefined;

  /** @throws ArqonError `QUANTUM_TOO_LARGE` when the machine has not the memory. */
  constructor(width: number, precision: Precision = "f64", crew?: Crew) {
    const size = 2 ** Math.max(LEAST_WIDTH, width);
    const realBytes = AMPLITUDE_BYTES[precision] / 2;
    const threads = crew?.threads ?? 1;
    this.precision = precision;
    this.lanes = precision === "f32" ? 2 : 1;
    this.#areaBytes = areaBytes(precision, Math.max(LEAST_WIDTH, width));
    this.#stateAt = Math.ceil((AREA_AT + threads * this.#areaBytes) / 4096) * 4096;
    this.#imAt = this.#stateAt + realBytes * size + SKEW;
    const bytes = this.#imAt + realBytes * size;
    const memory = allocate(bytes, width, precision, threads > 1 ? crew : undefined);
    this.#memory = memory;
    this.#kernel = kernelOn(memory, precision);
    this.words = new Uint32Array(memory.buffer, 0, this.#stateAt / 4);
    this.doubles = new Float64Array(memory.buffer, 0, this.#stateAt / 8);
    const { buffer } = memory;
    const reals = (at: number, length: number): RealArray =>
      precision === "f32" ? new Float32Array(buffer, at, length) : new Float64Array(buffer, at, length);
    this.#coefficients = reals(0, this.#stateAt / realBytes);
    this.re = reals(this.#stateAt, size);
    this.im = reals(this.#imAt, size);
    if (crew && threads > 1) {
      this.#crew = crew;
      this.#control = new Int32Array(memory.buffer, 0, 64);
      openCrew(this.#control);
      crew.call({ memory, precision });
    }
  }

  /** Sends the crew home and lets the next kernel have the memory: nobody may look at this state any more. */
  release(): void {
    if (this.#control && this.#crew) {
      release(this.#control);
      sharedSpare.set(this.#crew, { memory: new WeakRef(this.#memory), precision: this.precision });
    } else spare = new WeakRef(this.#memory);
  }

  /** Carries out an order; `tick` is told the part of it that is done. */
  order(order: Order, tick: (part: number) => void): void {
    const at = ORDER_AT / 4;
    const { words } = this;
    words[at] = order.kind;
    words[at + 1] = this.#stateAt;
    words[at + 2] = this.#imAt;
    words[at + 3] = order.bits;
    words[at + 6] = order.record ?? PROGRAM_AT;
    words[at + 7] = order.operations ?? 0;
    words[at + 8] = order.low ?? 0;
    words[at + 9] = order.high?.length ?? 0;
    words[at + 10] = AREA_AT;
    words[at + 11] = this.#areaBytes;
    words[at + 12] = ++serial;
    for (const [k, position] of (order.high ?? []).entries()) words[at + 16 + k] = position;
    const { count } = order;
    const calls = Math.min(count, Math.ceil(order.work / CALL_WORK));
    for (let call = 0; call < calls; call++) {
      tick(call / calls);
      words[at + 4] = Math.floor((count * call) / calls);
      words[at + 5] = Math.floor((count * (call + 1)) / calls);
      if (this.#control && order.work > SHARED_WORK)
        shareOrder(this.#control, (part) => this.#kernel.run(ORDER_AT, part, PARTS, 0));
      else this.#kernel.run(ORDER_AT, 0, 1, 0);
    }
  }

  /** Applies a group to the first 2^active amplitudes; `tick` is told the part of it that is done. */
  apply({ low, high, operations }: Group, active: number, tick: (part: number) => void): void {
    const bits = Math.min(low + high.length, Math.max(LEAST_WIDTH, active));
    const local = (position: number): number => (position < low ? position : low + high.indexOf(position));
    let work = 0;
    for (const [k, operation] of operations.entries()) {
      this.#write(k, operation, local);
      work += 4 + operation.cost;
    }
    const count = 2 ** Math.max(0, active - bits);
    const common = { bits, count, operations: operations.length, work: work * count * 2 ** (bits - 1) };
    if (high.length === 0) this.order({ ...common, kind: ORDER.blocks }, tick);
    else this.order({ ...common, kind: ORDER.gathered, low, high }, tick);
  }

  #write(k: number, operation: Operation, local: (position: number) => number): void {
    const at = PROGRAM_AT + k * RECORD_BYTES;
    const word = at / 4;
    const { words, lanes } = this;
    const realBytes = AMPLITUDE_BYTES[this.precision] / 2;
    const stride = (position: number | undefined): number =>
      position === undefined ? 0 : realBytes << local(position);
    words[word] = operation.kind;
    words[word + 1] = operation.around.length;
    for (const [i, position] of operation.around.entries()) words[word + 2 + i] = local(position) - lanes;
    words[word + 7] = operation.fixed.reduce((bits, position) => bits | (1 << (local(position) - lanes)), 0);
    words[word + 8] = stride(operation.targets[0]);
    words[word + 9] = stride(operation.targets[1]);
    words[word + 10] = operation.only === undefined ? 0 : 1;
    words[word + 11] = operation.lane;
    for (let i = 0; i < 4; i++) {
      const lane = Math.floor((i * 4) / realBytes);
      words[word + 12 + i] = ((operation.only ?? 0) >> lane) & 1 ? 0xffffffff : 0;
    }
    this.#coefficients.set(operation.coefficients, (at + COEFFICIENTS_AT) / realBytes);
  }
}

/** Memory of a state that is done with, as long as nothing else needs it: new memory is dear in page faults and collections. */
let spare: WeakRef<Memory> | undefined;
/** The same of each crew: its helpers, and nobody else, may still be on their way out of it. */
const sharedSpare = new WeakMap<Crew, { readonly memory: WeakRef<Memory>; readonly precision: Precision }>();

/** Memory of zeros, for a crew if there is one. */
function allocate(bytes: number, width: number, precision: Precision, crew: Crew | undefined): Memory {
  const shared = crew !== undefined;
  const fits = (memory: Memory | undefined): memory is Memory =>
    memory?.buffer.byteLength === Math.ceil(bytes / 65536) * 65536;
  if (crew) {
    const kept = sharedSpare.get(crew);
    const memory = kept?.precision === precision ? kept.memory.deref() : undefined;
    sharedSpare.delete(crew);
    if (fits(memory)) {
      // Every part of its last order was done, so nobody writes. A helper that has not left goes on with the new state.
      // By eights: shared bytes are stored one by one.
      new Float64Array(memory.buffer, ORDER_AT).fill(0);
      return memory;
    }
  } else {
    const kept = spare?.deref();
    if (fits(kept)) {
      spare = undefined;
      new Uint8Array(kept.buffer).fill(0);
      return kept;
    }
  }
  try {
    const pages = Math.ceil(bytes / 65536);
    return new wasm.Memory({ initial: pages, maximum: pages, shared });
  } catch (cause) {
    throw new ArqonError("QUANTUM_TOO_LARGE", `${bytes} bytes for ${width} qubits are not to be had here`, {
      cause,
      details: { qubits: width, memoryBytes: bytes },
    });
  }
}
