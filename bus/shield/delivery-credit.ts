/** What a client granted: deliveries beyond it wait within a bound, then those that may be left out are. */
import type { Press } from "../kernel/index.ts";
import type { SlowConsumer } from "../spine/index.ts";
import { eachBody } from "./bodies.ts";

/** What a window needs of its connection. */
export interface CreditedConnection {
  /** Bytes of the messages the press holds, as they travel here. */
  sizeOf(press: Press): number;
  send(press: Press, droppable: boolean): void;
  /** What is left out when too much waits. */
  slowConsumer(): SlowConsumer;
  /** Bytes that wait to be written already: the bound is one for both. */
  waitingBytes(): number;
  /** Messages were left out, and the client is about to be sent more. */
  dropped(messages: number): void;
  /** More waits that may not be left out than the bound allows. */
  overflow(): void;
  /** Nothing waits for credit any more. */
  roomy(): void;
  /** Calls at the end of the turn, when the press is free. */
  atEnd(call: () => void): void;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly droppable: boolean;
}

/** What keeping a message costs beside its bytes. */
const WAITING_BYTES = 256;

/** The window of one client. */
export class DeliveryCredit {
  readonly #connection: CreditedConnection;
  readonly #press: Press;
  readonly #maxBytes: number;
  #messages = 0;
  #bytes = 0;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #dropped = 0;
  #droppedInAll = 0;

  constructor(connection: CreditedConnection, press: Press, maxBytes: number) {
    this.#connection = connection;
    this.#press = press;
    this.#maxBytes = maxBytes;
  }

  /** Messages left out since the connection began. */
  get droppedInAll(): number {
    return this.#droppedInAll;
  }

  /** Whether nothing waits; when something does, `roomy` follows. */
  hasRoom(): boolean {
    return this.#queue.length === 0;
  }

  /** The client takes so much more. */
  grant(messages: number, bytes: bigint): void {
    this.#messages = Math.min(this.#messages + messages, Number.MAX_SAFE_INTEGER);
    this.#bytes = Math.min(this.#bytes + Number(bytes), Number.MAX_SAFE_INTEGER);
    this.#release();
  }

  /** Sends what the press holds, now or when there is credit. */
  deliver(press: Press, droppable: boolean): void {
    if (this.#queue.length === 0) {
      const size = this.#connection.sizeOf(press);
      if (this.#messages >= press.messages && this.#bytes >= size) {
        this.#messages -= press.messages;
        this.#bytes -= size;
        this.#connection.send(press, droppable);
        return;
      }
      // Of several a part may fit.
      if (this.#messages > 0 && press.messages > 1) this.#connection.atEnd(() => this.#release());
    }
    eachBody(press, (from, to) => {
      const bytes = Buffer.from(press.sheet.bytes.subarray(from, to));
      this.#queue.push({ bytes, droppable });
      this.#queuedBytes += bytes.length + WAITING_BYTES;
    });
    if (this.#over(1)) this.#shed();
  }

  /** Lets go of everything. */
  close(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #release(): void {
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      this.#connection.dropped(count);
    }
    let sent = 0;
    for (const { bytes, droppable } of this.#queue) {
      if (this.#messages === 0) break;
      this.#press.ready(bytes);
      const size = this.#connection.sizeOf(this.#press);
      if (this.#bytes < size) break;
      this.#messages--;
      this.#bytes -= size;
      this.#connection.send(this.#press, droppable);
      this.#queuedBytes -= bytes.length + WAITING_BYTES;
      sent++;
    }
    if (sent === 0) return;
    this.#queue = this.#queue.slice(sent);
    if (this.#queue.length === 0) this.#connection.roomy();
  }

  #over(share: number): boolean {
    return this.#queuedBytes + this.#connection.waitingBytes() > share * this.#maxBytes;
  }

  /** Leaves out messages that may be left out: the newest down to the bound, or the oldest to three quarters of it. */
  #shed(): void {
    const law = this.#connection.slowConsumer();
    if (law === "disconnect") {
      this.#connection.overflow();
      return;
    }
    const kept: Waiting[] = [];
    const isNewest = law === "drop_newest";
    if (isNewest) this.#queue.reverse();
    for (const waiting of this.#queue) {
      if (!waiting.droppable || !this.#over(isNewest ? 1 : 0.75)) {
        kept.push(waiting);
        continue;
      }
      this.#queuedBytes -= waiting.bytes.length + WAITING_BYTES;
      this.#dropped++;
      this.#droppedInAll++;
    }
    this.#queue = isNewest ? kept.reverse() : kept;
    if (this.#over(1)) this.#connection.overflow();
  }
}
