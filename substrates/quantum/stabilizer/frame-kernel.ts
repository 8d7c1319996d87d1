/** The sampler of Pauli frames in WebAssembly, with the numbers of the plain one. */
import { ArqonError, formatBytes } from "@arqon/core/base";
import { wasm } from "../fast/webassembly.ts";
import { FRAME_KERNEL } from "../kernel/gen/kernel-frames.ts";
import type { FrameChannel, FrameProgram } from "./frame-program.ts";
import { FRAME_WORDS, type FrameSampler, logOf } from "./frame-sampler.ts";

/** Layout, as `kernel/assembly/frames.ts` has it. */
const GENERATOR_AT = 64;
const GENERATOR = { used: 4, counter: 5, stream: 7, key: 9 } as const;
const CHANNELS_AT = 128;
const CHANNEL_BYTES = 40;
const ROW_BYTES = 4 * FRAME_WORDS;
const PAGE_BYTES = 65_536;
const MOST_PAGES = 65_536;

interface Exports {
  batch(
    code: number,
    count: number,
    x: number,
    z: number,
    qubits: number,
    flips: number,
    channels: number,
    channelCount: number,
    random: number,
  ): void;
}

let compiled: object | undefined;

const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** A program in a memory of its own. */
export class FrameKernel implements FrameSampler {
  readonly #words: Uint32Array;
  readonly #flips: Uint32Array;
  readonly #run: () => void;

  /** @throws ArqonError `QUANTUM_TOO_LARGE` when the memory cannot be had. */
  constructor({ code, channels, qubits, measurements }: FrameProgram) {
    const errorsAt = CHANNELS_AT + aligned(CHANNEL_BYTES * channels.length);
    const codeAt = errorsAt + aligned(channels.reduce((sum, channel) => sum + errorBytes(channel), 0));
    const xAt = codeAt + 4 * code.length;
    const zAt = xAt + ROW_BYTES * qubits;
    const flipsAt = zAt + ROW_BYTES * qubits;
    const memory = memoryOf(flipsAt + ROW_BYTES * measurements);
    const { buffer } = memory;
    this.#words = new Uint32Array(buffer);
    this.#flips = new Uint32Array(buffer, flipsAt, FRAME_WORDS * measurements);
    new Int32Array(buffer, codeAt, code.length).set(code);
    const view = new DataView(buffer);
    let at = errorsAt;
    for (const [c, channel] of channels.entries()) {
      const record = CHANNELS_AT + CHANNEL_BYTES * c;
      const { ends, x, z, total } = channel;
      view.setFloat64(record + 8, logOf(channel), true);
      view.setFloat64(record + 16, total, true);
      const places = [ends.length, at, at + 8 * ends.length, at + 9 * ends.length];
      for (const [k, place] of places.entries()) view.setUint32(record + 24 + 4 * k, place, true);
      for (const [k, end] of ends.entries()) view.setFloat64(at + 8 * k, end, true);
      for (const [k, bits] of x.entries()) view.setUint8(at + 8 * x.length + k, bits);
      for (const [k, bits] of z.entries()) view.setUint8(at + 9 * z.length + k, bits);
      at += errorBytes(channel);
    }
    compiled ??= new wasm.Module(Uint8Array.from(atob(FRAME_KERNEL), (c) => c.charCodeAt(0)));
    const { batch } = new wasm.Instance(compiled, { env: { memory } }).exports as Exports;
    this.#run = () =>
      batch(codeAt, code.length / 4, xAt, zAt, qubits, flipsAt, CHANNELS_AT, channels.length, GENERATOR_AT);
  }

  batch(seed: bigint, number: number): Uint32Array {
    const at = GENERATOR_AT / 4;
    this.#words.fill(0, at, at + 12);
    this.#words[at + GENERATOR.used] = 4;
    this.#words[at + GENERATOR.stream] = number % 2 ** 32;
    this.#words[at + GENERATOR.stream + 1] = Math.floor(number / 2 ** 32);
    this.#words[at + GENERATOR.key] = Number(seed & 0xffffffffn);
    this.#words[at + GENERATOR.key + 1] = Number((seed >> 32n) & 0xffffffffn);
    this.#run();
    return this.#flips;
  }
}

/** Ends, and X and Z of each error, to the next multiple of 8. */
function errorBytes({ ends }: FrameChannel): number {
  return Math.ceil((10 * ends.length) / 8) * 8;
}

function memoryOf(bytes: number): { readonly buffer: ArrayBuffer } {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  const refused = (cause?: unknown): ArqonError =>
    new ArqonError("QUANTUM_TOO_LARGE", `a batch of Pauli frames would need ${formatBytes(bytes)}`, {
      details: { memoryBytes: bytes },
      cause,
    });
  if (pages > MOST_PAGES) throw refused();
  try {
    const memory = new wasm.Memory({ initial: pages, maximum: pages, shared: false });
    return memory as { readonly buffer: ArrayBuffer };
  } catch (cause) {
    throw refused(cause);
  }
}
