/** A network in memory: bytes arrive late, in pieces, in order, or not at all once a link is cut. */

import type { ByteStream, Listener, Net, StreamHandler } from "@arqon/bus/shield";
import type { Random, Timer } from "@arqon/core/base";

const IDLE: StreamHandler = { data: () => {}, drain: () => {}, closed: () => {} };

/** One end of a link. */
export class VirtualStream implements ByteStream {
  handler: StreamHandler = IDLE;
  peer!: VirtualStream;
  /** Which start of the server this link leads to. */
  readonly life: number;
  readonly #timer: Timer;
  readonly #random: Random;
  #open = true;
  #paused = false;
  #held: Uint8Array[] = [];
  /** Time before which the next piece may not arrive, so that order is kept. */
  #lastMs = 0;
  readonly #queue: (() => void)[] = [];
  /** Writes whose memory is still read. */
  #busy = 0;
  #nowMs: () => number;

  constructor(timer: Timer, random: Random, nowMs: () => number, life: number) {
    this.#timer = timer;
    this.#random = random;
    this.#nowMs = nowMs;
    this.life = life;
  }

  get open(): boolean {
    return this.#open;
  }

  /**
   * Takes the bytes at once, or keeps the memory and reads it piece by piece until `drain`: whoever uses it again
   * before that sends something else than was written.
   */
  write(chunks: readonly Uint8Array[]): boolean {
    if (!this.#open) return true;
    const isBusy = this.#random.nextInt(5) === 0;
    if (isBusy && this.#random.nextInt(8) === 0) this.#lastMs = this.#nowMs() + 5 + this.#random.nextInt(20);
    const parts = isBusy ? chunks : [Buffer.concat(chunks)];
    for (const part of parts) {
      const cut = this.#random.nextInt(4) === 0 ? this.#random.nextInt(part.length + 1) : part.length;
      for (const piece of [part.subarray(0, cut), part.subarray(cut)])
        if (piece.length > 0) this.#later(() => this.peer.arrive(Buffer.from(piece)));
    }
    if (!isBusy) return true;
    this.#busy++;
    this.#later(() => {
      if (--this.#busy === 0 && this.#open) this.handler.drain();
    });
    return false;
  }

  /** Bytes reached this end. */
  arrive(bytes: Uint8Array): void {
    if (!this.#open) return;
    if (this.#paused) this.#held.push(bytes);
    else this.handler.data(bytes);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    const held = this.#held;
    this.#held = [];
    for (const bytes of held) this.arrive(bytes);
  }

  end(): void {
    this.#later(() => this.cut());
  }

  destroy(): void {
    this.cut();
  }

  /** The link breaks: what is under way is lost. */
  cut(): void {
    for (const side of [this, this.peer]) side.#close();
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.handler.closed();
  }

  #later(call: () => void): void {
    this.#lastMs = Math.max(this.#lastMs, this.#nowMs() + this.#random.nextInt(3));
    // Rounding may let a later time fall due first; the order is that of the calls.
    this.#queue.push(call);
    this.#timer.after(this.#lastMs - this.#nowMs(), () => this.#queue.shift()?.());
  }
}

/** A net whose listener is found by whoever calls {@link VirtualNet.connect}. */
export class VirtualNet implements Net {
  readonly life: number;
  readonly #timer: Timer;
  readonly #random: Random;
  readonly #nowMs: () => number;
  readonly #links = new Set<VirtualStream>();
  #dead = false;
  #accept: ((stream: ByteStream) => void) | undefined;

  constructor(timer: Timer, random: Random, nowMs: () => number, life: number) {
    this.#timer = timer;
    this.#random = random;
    this.#nowMs = nowMs;
    this.life = life;
  }

  async listen(_host: string, port: number, accept: (stream: ByteStream) => void): Promise<Listener> {
    if (!this.#dead) this.#accept = accept;
    return {
      port,
      close: async () => {
        this.#accept = undefined;
      },
    };
  }

  /** The client's end of a new link; undefined while nobody listens. */
  connect(): VirtualStream | undefined {
    if (this.#accept === undefined) return undefined;
    const client = new VirtualStream(this.#timer, this.#random, this.#nowMs, this.life);
    const server = new VirtualStream(this.#timer, this.#random, this.#nowMs, this.life);
    client.peer = server;
    server.peer = client;
    this.#links.add(client);
    this.#accept(server);
    return client;
  }

  /** The server's machine is gone. */
  cutAll(): void {
    this.#dead = true;
    this.#accept = undefined;
    for (const link of this.#links) link.cut();
    this.#links.clear();
  }
}
