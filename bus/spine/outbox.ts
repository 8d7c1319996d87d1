/** What waits to be written to one connection: bounded, so that a reader that stalls costs a known amount and nobody else. */
import { MAX_HEADER_BYTES, OPCODE, release, type Sheet, type Written, writeHeader } from "../kernel/index.ts";
import type { SlowConsumer } from "./laws.ts";
import type { Turn } from "./turn.ts";

/** Where bytes go. */
export interface Sink {
  /**
   * Writes in order. Returns true when the memory may be used again at once; otherwise it must stay untouched until
   * {@link Outbox.drained} is called.
   */
  write(chunks: readonly Uint8Array[]): boolean;
}

/** What an outbox tells its owner. */
export interface OutboxEvents {
  /** Messages were left out because the reader was slow, and there is room again to say so. */
  dropped(messages: number): void;
  /** More is waiting that may not be left out than the bound allows: the connection must end. */
  overflow(): void;
  /** There is room again after {@link Outbox.hasRoom} said there was none. */
  roomy(): void;
}

interface Extent {
  sheet: Sheet;
  start: number;
  end: number;
  messages: number;
  droppable: boolean;
  packed: boolean;
}

/** Most bytes handed over in one write. */
const WRITE_BYTES = 1_048_576;
/** What keeping an extent costs beside its bytes. */
const EXTENT_BYTES = 256;

/** The queue of one connection. */
export class Outbox {
  /** What is left out when too much waits; the law of the Reality. */
  slowConsumer: SlowConsumer = "drop_oldest";
  readonly #sink: Sink;
  readonly #turn: Turn;
  readonly #maxBytes: number;
  readonly #writeBytes: number;
  readonly #events: OutboxEvents;
  readonly #flush: () => void;
  #queue: Extent[] = [];
  #writing: Extent[] = [];
  #bytes = 0;
  #unsettled = 0;
  #dirty = false;
  #closed = false;
  #wanted = false;
  #dropped = 0;
  #droppedInAll = 0;

  constructor(sink: Sink, turn: Turn, maxBytes: number, events: OutboxEvents) {
    this.#sink = sink;
    this.#turn = turn;
    this.#maxBytes = maxBytes;
    this.#writeBytes = Math.min(WRITE_BYTES, maxBytes / 2);
    this.#events = events;
    this.#flush = () => this.flush();
  }

  /** Bytes waiting, with the cost of keeping them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Messages left out since the connection began. */
  get droppedInAll(): number {
    return this.#droppedInAll;
  }

  /** Whether the reader keeps up: less than half of the bound waits. When it does not, `roomy` follows. */
  hasRoom(): boolean {
    const has = this.#bytes < this.#maxBytes / 2;
    if (!has) this.#wanted = true;
    return has;
  }

  /**
   * Queues what was written.
   * @param packed  records that travel in a frame of their own, together with those before and behind them.
   */
  push({ sheet, start, end, messages }: Written, droppable: boolean, packed = false): void {
    if (this.#closed) return;
    const last = this.#queue.at(-1);
    if (
      last !== undefined &&
      last.sheet === sheet &&
      last.end === start &&
      last.droppable === droppable &&
      last.packed === packed &&
      end - last.start <= this.#writeBytes
    ) {
      last.end = end;
      last.messages += messages;
      this.#bytes += end - start;
    } else {
      sheet.holds++;
      this.#queue.push({ sheet, start, end, messages, droppable, packed });
      this.#bytes += end - start + EXTENT_BYTES;
    }
    if (this.#bytes > this.#maxBytes) this.#relieve();
    this.#touch();
  }

  /** Queues bytes of their own, such as a pong, or messages in a form the press does not write. */
  pushFrame(frame: Buffer, messages = 0, droppable = false): void {
    if (this.#closed) return;
    const sheet: Sheet = { bytes: frame, shared: false, filled: frame.length, holds: 1, sealed: true };
    this.#queue.push({ sheet, start: 0, end: frame.length, messages, droppable, packed: false });
    this.#bytes += frame.length + EXTENT_BYTES;
    if (this.#bytes > this.#maxBytes) this.#relieve();
    this.#touch();
  }

  /** Writes what waits, unless an earlier write has not been taken yet. */
  flush(): void {
    this.#dirty = false;
    if (this.#closed) return;
    if (this.#writing.length > 0) {
      this.#settle();
      return;
    }
    while (this.#queue.length > 0) {
      const batch: Extent[] = [];
      let bytes = 0;
      for (const extent of this.#queue) {
        if (bytes > 0 && bytes + extent.end - extent.start > this.#writeBytes) break;
        bytes += extent.end - extent.start;
        batch.push(extent);
      }
      this.#queue = batch.length === this.#queue.length ? [] : this.#queue.slice(batch.length);
      this.#unsettled = 0;
      this.#bytes -= bytes + EXTENT_BYTES * batch.length;
      const free = this.#sink.write(chunksOf(batch));
      if (!free) {
        this.#writing = batch;
        this.#bytes += bytes + EXTENT_BYTES * batch.length;
        this.#settle();
        return;
      }
      this.#release(batch);
    }
    this.#tellRoom();
  }

  /** The sink has taken all it was given. */
  drained(): void {
    if (this.#closed) return;
    for (const extent of this.#writing) this.#bytes -= extent.end - extent.start + EXTENT_BYTES;
    this.#release(this.#writing);
    this.#writing = [];
    this.flush();
    this.#tellRoom();
    if (this.#dropped === 0 || this.#writing.length > 0) return;
    const count = this.#dropped;
    this.#dropped = 0;
    this.#events.dropped(count);
  }

  /** Lets go of everything. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release(this.#queue);
    this.#release(this.#writing);
    this.#queue = [];
    this.#writing = [];
    this.#bytes = 0;
  }

  #tellRoom(): void {
    if (!this.#wanted || !this.hasRoom()) return;
    this.#wanted = false;
    this.#events.roomy();
  }

  #touch(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.#turn.atEnd(this.#flush);
  }

  #release(extents: readonly Extent[]): void {
    for (const { sheet } of extents) release(sheet);
  }

  /**
   * A reader that lags keeps copies of its small pieces, so that it does not hold whole sheets of which most is other
   * people's; large pieces stay shared.
   */
  #settle(): void {
    for (let i = this.#unsettled; i < this.#queue.length; i++) {
      const extent = this.#queue[i] as Extent;
      const bytes = extent.end - extent.start;
      if (extent.sheet.bytes.length <= 2 * bytes) continue;
      const copy = Buffer.from(extent.sheet.bytes.subarray(extent.start, extent.end));
      release(extent.sheet);
      extent.sheet = { bytes: copy, shared: false, filled: bytes, holds: 1, sealed: true };
      extent.start = 0;
      extent.end = bytes;
    }
    this.#unsettled = this.#queue.length;
  }

  /** Too much waits: a reader that keeps up is written to now, for one that does not something is left out. */
  #relieve(): void {
    if (this.#writing.length === 0) this.flush();
    if (this.#bytes > this.#maxBytes) this.#shed();
  }

  /** Leaves out messages that may be left out: the newest down to the bound, or the oldest to three quarters of it. */
  #shed(): void {
    if (this.slowConsumer === "disconnect") {
      this.#events.overflow();
      return;
    }
    const kept: Extent[] = [];
    const isNewest = this.slowConsumer === "drop_newest";
    const goal = isNewest ? this.#maxBytes : this.#maxBytes * 0.75;
    if (isNewest) this.#queue.reverse();
    for (const extent of this.#queue) {
      if (!extent.droppable || this.#bytes <= goal) {
        kept.push(extent);
        continue;
      }
      this.#bytes -= extent.end - extent.start + EXTENT_BYTES;
      this.#dropped += extent.messages;
      this.#droppedInAll += extent.messages;
      release(extent.sheet);
    }
    this.#queue = isNewest ? kept.reverse() : kept;
    this.#unsettled = 0;
    if (this.#bytes > this.#maxBytes) this.#events.overflow();
  }
}

/** The bytes of a batch, with the header of a frame in front of records that travel together. */
function chunksOf(batch: readonly Extent[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < batch.length; i++) {
    const { sheet, start, end, packed } = batch[i] as Extent;
    if (packed && !batch[i - 1]?.packed) {
      let bytes = 0;
      for (let j = i; batch[j]?.packed; j++) bytes += (batch[j] as Extent).end - (batch[j] as Extent).start;
      const header = Buffer.allocUnsafe(MAX_HEADER_BYTES);
      chunks.push(header.subarray(0, writeHeader(header, 0, OPCODE.binary, bytes)));
    }
    chunks.push(sheet.bytes.subarray(start, end));
  }
  return chunks;
}
