/** How messages lie in a stream of bytes. */
import type { PipeEvents } from "./pipe.ts";

/** What a framing may ask of its connection. */
export interface FramingHost extends Pick<PipeEvents, "message"> {
  /** Sends bytes of the protocol itself, e.g. a pong. */
  reply(bytes: Uint8Array): void;
  /** The other side said goodbye. */
  goodbye(code: number, reason: string): void;
}

/** One protocol. */
export interface Framing {
  /** Bytes that what is incomplete needs in all, as of the last `read`; 0 when that is not known. */
  readonly need: number;
  /** What is sent before anything else, if anything is. */
  readonly greeting: Uint8Array | undefined;
  /**
   * Reads what is complete in `bytes[from, end)`. Returns where it stopped. `opened` turns true meanwhile.
   * @throws ArqonError when the bytes are not of this protocol.
   */
  read(bytes: Uint8Array, from: number, end: number): number;
  /** Whether messages may be sent. */
  readonly opened: boolean;
  /** Most bytes put around a message. */
  readonly overheadBytes: number;
  /** Writes a message into a batch at `at`, where there is room. Returns where it ends. */
  write(batch: Batch, at: number, message: Uint8Array): number;
  /** What is sent last, if anything is. */
  readonly farewell: Uint8Array | undefined;
}

/** Memory of what is gathered for one write, as bytes and as words. */
export interface Batch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Int32Array<ArrayBuffer>;
}

/** Memory for `length` bytes. */
export function newBatch(length: number): Batch {
  const memory = new ArrayBuffer((length + 3) & ~3);
  return { bytes: new Uint8Array(memory), words: new Int32Array(memory) };
}
