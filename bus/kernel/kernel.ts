/** The hot loop in WebAssembly: what it is given, what it reports, and the memory it shares with sockets. */
import { BUS_KERNEL } from "./gen/kernel.ts";
import {
  INPUT,
  INPUT_BYTES,
  KEPT_TOPIC_BYTES,
  PAGES,
  REPORT,
  RUNS,
  SHEET_BYTES,
  SHEET_COUNT,
  SHEETS,
  STOP,
  SUFFIX,
  SUFFIX_BYTES,
  TOPIC,
} from "./layout.ts";
import { wasm } from "./webassembly.ts";

interface Exports {
  setSeed(value: number): void;
  begin(
    at: number,
    end: number,
    size: number,
    context: number,
    suffixLength: number,
    sequence: number,
    most: number,
    mostBytes: number,
  ): void;
  frames(at: number, end: number, most: number, plain: boolean): number;
  records(at: number, end: number, most: number, plain: boolean): number;
  learn(topic: number, length: number, context: number, type: number, route: number): void;
}

/** Plain messages in a row that go to the same receivers. */
export interface Run {
  readonly route: number;
  /** Where their frames lie, in the kernel's memory. */
  readonly start: number;
  readonly end: number;
  readonly messages: number;
  /** As they came and as they go out, without frames. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What one call may do. */
export interface Permit {
  /** Output memory: from `out`, up to `outEnd`. */
  readonly out: number;
  readonly outEnd: number;
  /** Whose topics are known; see {@link Kernel.newContext}. */
  readonly context: number;
  /** Sequence of the first message. */
  readonly sequence: number;
  /** Messages that may be taken, and their bytes. */
  readonly messages: number;
  readonly bytes: number;
}

/** The kernel and its memory. */
export class Kernel {
  /** Sockets may read into this; it is used again as soon as what was read was taken. */
  readonly input: Buffer<ArrayBuffer>;
  /** Output memory the kernel can write to. */
  readonly sheets: readonly Buffer<ArrayBuffer>[];
  readonly #memory: ArrayBuffer;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #call: Exports;
  #suffixLength = 0;
  #contexts = 0;
  #busy = false;

  private constructor(memory: ArrayBuffer, exports: Exports) {
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory);
    this.#words = new Uint32Array(memory);
    this.#call = exports;
    this.input = Buffer.from(memory, INPUT, INPUT_BYTES);
    this.sheets = Array.from({ length: SHEET_COUNT }, (_, i) =>
      Buffer.from(memory, SHEETS + i * SHEET_BYTES, SHEET_BYTES),
    );
  }

  /**
   * A kernel, or undefined where there is no WebAssembly with SIMD.
   * @param seed  of the hash of topics; nobody who publishes may know it.
   */
  static create(seed: number): Kernel | undefined {
    try {
      const memory = new wasm.Memory({ initial: PAGES, maximum: PAGES });
      const module = new wasm.Module(Buffer.from(BUS_KERNEL, "base64"));
      const instance = new wasm.Instance(module, { env: { memory } });
      const exports = instance.exports as unknown as Exports;
      exports.setSeed(seed);
      return new Kernel(memory.buffer as ArrayBuffer, exports);
    } catch {
      return undefined;
    }
  }

  /**
   * Where a chunk lies in this memory; it is brought here if need be. Undefined when it must be taken without the
   * kernel: it is longer than {@link input}, or another one is being taken.
   */
  enter(chunk: Uint8Array): number | undefined {
    if (this.#busy || chunk.length > INPUT_BYTES) return undefined;
    this.#busy = true;
    if (chunk.buffer === this.#memory) return chunk.byteOffset;
    this.#bytes.set(chunk, INPUT);
    return INPUT;
  }

  /** Where bytes lie, if it is in this memory. */
  placeOf(bytes: Uint8Array): number | undefined {
    return bytes.buffer === this.#memory ? bytes.byteOffset : undefined;
  }

  /** The chunk was taken. */
  leave(): void {
    this.#busy = false;
  }

  /** A view of this memory. */
  view(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  /**
   * A number for those who may publish the same and are in the same Reality. Not using it any more forgets what was
   * learnt under it. 0, for which nothing is ever plain, once there are no more numbers.
   */
  newContext(): number {
    return this.#contexts < 0xffff_ffff ? ++this.#contexts : 0;
  }

  /** From now on messages of this type on this topic are plain. */
  learn(context: number, topic: string, type: number, route: number): void {
    if (context === 0 || topic.length > KEPT_TOPIC_BYTES) return;
    for (let i = 0; i < topic.length; i++) this.#bytes[TOPIC + i] = topic.charCodeAt(i);
    this.#call.learn(TOPIC, topic.length, context, type, route);
  }

  /** What follows the sequence in every stamp from now on. @throws TypeError when it is too long. */
  setSuffix(constant: Uint8Array, timestamp: Uint8Array): void {
    const length = constant.length + timestamp.length;
    if (length > SUFFIX_BYTES) throw new TypeError(`a stamp of ${length} bytes`);
    this.#bytes.set(constant, SUFFIX);
    this.#bytes.set(timestamp, SUFFIX + constant.length);
    this.#suffixLength = length;
  }

  /** Says what the next call may do. */
  begin(permit: Permit): void {
    const { out, outEnd, context, sequence, messages, bytes } = permit;
    this.#call.begin(out, outEnd, SHEET_BYTES, context, this.#suffixLength, sequence, messages, bytes);
  }

  /** Takes masked frames. Returns where it stopped; {@link stop} says why. */
  frames(at: number, end: number, mostBytes: number, plain: boolean): number {
    return this.#call.frames(at, end, mostBytes, plain);
  }

  /** Takes size-delimited messages. Returns where it stopped; {@link stop} says why. */
  records(at: number, end: number, mostBytes: number, plain: boolean): number {
    return this.#call.records(at, end, mostBytes, plain);
  }

  /** One of `STOP`. */
  get stop(): number {
    return this.#words[REPORT / 4] as number;
  }

  /** Whether another sheet is needed to go on. */
  get isFull(): boolean {
    return this.stop === STOP.full;
  }

  /** Where the output of the last call ends. */
  get out(): number {
    return this.#words[REPORT / 4 + 3] as number;
  }

  /** The message that is not plain; valid until the memory is used again. */
  get message(): Uint8Array {
    return this.view(this.#words[REPORT / 4 + 1] as number, this.#words[REPORT / 4 + 2] as number);
  }

  /** Runs of the last call. */
  get runs(): number {
    return this.#words[REPORT / 4 + 4] as number;
  }

  /** Messages in all its runs. */
  get messages(): number {
    return this.#words[REPORT / 4 + 5] as number;
  }

  run(index: number): Run {
    const at = RUNS / 4 + 8 * index;
    const words = this.#words;
    return {
      route: words[at] as number,
      start: words[at + 1] as number,
      end: words[at + 2] as number,
      messages: words[at + 3] as number,
      bytesIn: words[at + 4] as number,
      bytesOut: words[at + 5] as number,
    };
  }
}
