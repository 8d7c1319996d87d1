/** Times what passes through a server: from the read that brought a message to the end of the write that took it on. */
import type { ByteStream, Listener, Net, StreamHandler } from "../../bus/shield/index.ts";

/** Milliseconds, over all messages that were timed. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly messages: number;
}

/** A network that watches two of its connections, by the order in which they were accepted. */
export class Queueing {
  readonly #from: number;
  readonly #to: number;
  readonly #elapsedMs: number[] = [];
  #waiting: number[] = [];
  #accepted = 0;

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  /** The same network, watched. */
  around(net: Net): Net {
    const listen: Net["listen"] = (host, port, accept, into): Promise<Listener> =>
      net.listen(host, port, (stream) => accept(this.#watched(stream, this.#accepted++)), into);
    return { listen };
  }

  quantiles(): Quantiles {
    // What came before the load began to count is warm-up: handshakes, and code that is not compiled yet.
    const all = this.#elapsedMs.slice(this.#elapsedMs.length >> 2).sort((a, b) => a - b);
    const at = (q: number): number => all[Math.floor(q * (all.length - 1))] ?? 0;
    return { p50: at(0.5), p99: at(0.99), max: at(1), messages: all.length };
  }

  #watched(stream: ByteStream, number: number): ByteStream {
    if (number === this.#from)
      return new Watched(
        stream,
        () => this.#waiting.push(performance.now()),
        () => {},
      );
    if (number === this.#to)
      return new Watched(
        stream,
        () => {},
        () => this.#wrote(),
      );
    return stream;
  }

  #wrote(): void {
    const now = performance.now();
    for (const since of this.#waiting) this.#elapsedMs.push(now - since);
    this.#waiting = [];
  }
}

class Watched implements ByteStream {
  readonly #stream: ByteStream;
  readonly #onRead: () => void;
  readonly #onWritten: () => void;

  constructor(stream: ByteStream, onRead: () => void, onWritten: () => void) {
    this.#stream = stream;
    this.#onRead = onRead;
    this.#onWritten = onWritten;
  }

  get handler(): StreamHandler {
    return this.#stream.handler;
  }

  set handler(handler: StreamHandler) {
    this.#stream.handler = {
      data: (chunk) => {
        this.#onRead();
        handler.data(chunk);
      },
      drain: () => handler.drain(),
      closed: () => handler.closed(),
    };
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const isTaken = this.#stream.write(chunks);
    this.#onWritten();
    return isTaken;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    this.#stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
  }
}
