/** A WebSocket message that holds several messages, each behind its length. */
import { frameFault, type Kernel, RecordReader } from "../kernel/index.ts";
import { type Taker, takeInKernel } from "./intake.ts";

/** Takes packed messages apart. */
export class PackedMessages {
  readonly #kernel: Kernel | undefined;
  readonly #reader: RecordReader;
  readonly #taker: Taker;

  constructor(kernel: Kernel | undefined, maxMessageBytes: number, taker: Taker) {
    this.#kernel = kernel;
    this.#taker = taker;
    this.#reader = new RecordReader(maxMessageBytes, (bytes) => taker.message(bytes));
  }

  /** @throws ArqonError when it does not end where its last message does. */
  take(bytes: Uint8Array): void {
    const kernel = this.#kernel;
    const at = kernel?.placeOf(bytes);
    if (kernel === undefined || at === undefined) this.#reader.push(bytes);
    else takeInKernel(kernel, at, at + bytes.length, "records", this.#reader, this.#taker);
    if (!this.#reader.isBetween) throw frameFault(1002, "a packed message ends within a message");
  }

  stop(): void {
    this.#reader.stop();
  }
}
