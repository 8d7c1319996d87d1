/** Messages over a standard WebSocket: what a browser has. */
import { ArqonError } from "@arqon/core/base";
import { SUBPROTOCOL } from "@arqon/core/wire";
import { takeDelimited } from "./delimited.ts";
import { BATCH_BYTES, type Pipe, type PipeEvents } from "./pipe.ts";
import type { OpenSocket, WebSocketLike } from "./socket.ts";
import { varintBytes, writeVarint } from "./varint.ts";

/** Opens a WebSocket and carries messages over it, one a frame until packing is agreed. */
export class SocketPipe implements Pipe {
  readonly packs: boolean = true;
  readonly #socket: WebSocketLike;
  readonly #events: PipeEvents;
  #out: Uint8Array<ArrayBuffer> | undefined;
  #limitBytes = 0;
  #used = 0;

  constructor(url: string, open: OpenSocket, events: PipeEvents) {
    const socket = open(url, SUBPROTOCOL);
    this.#socket = socket;
    this.#events = events;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => events.opened();
    socket.onmessage = (event: { data: unknown }) => this.#received(event.data);
    socket.onerror = () => {};
    socket.onclose = (event: { code: number; reason: string }) => events.closed(event.code, event.reason);
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount + this.#used;
  }

  send(message: Uint8Array): void {
    const { length } = message;
    if (!this.#out) {
      this.#socket.send(message.slice());
      return;
    }
    const size = varintBytes(length) + length;
    if (this.#used + size > this.#limitBytes) this.#flush();
    if (size > this.#out.length) this.#out = new Uint8Array(size);
    if (this.#used === 0) queueMicrotask(() => this.#flush());
    this.#used = writeVarint(this.#out, this.#used, length);
    this.#out.set(message, this.#used);
    this.#used += length;
  }

  pack(limitBytes: number): void {
    this.#limitBytes = Math.min(limitBytes, BATCH_BYTES);
    this.#out = new Uint8Array(this.#limitBytes);
  }

  close(): void {
    this.#flush();
    this.#socket.close(1000);
  }

  #flush(): void {
    if (!this.#out || this.#used === 0) return;
    const batch = this.#out.slice(0, this.#used);
    this.#used = 0;
    this.#socket.send(batch);
  }

  #received(data: unknown): void {
    try {
      if (!(data instanceof ArrayBuffer))
        throw new ArqonError("WIRE_MALFORMED", "the server sent a text frame");
      const bytes = new Uint8Array(data);
      if (!this.#out) this.#events.message(bytes, 0, bytes.length);
      else {
        const { at } = takeDelimited(bytes, 0, bytes.length, this.#events.message);
        if (at < bytes.length)
          throw new ArqonError("WIRE_MALFORMED", "a frame ends in the middle of a message");
      }
    } catch (thrown) {
      this.#events.broken(ArqonError.from(thrown, "WIRE_MALFORMED"));
      this.#socket.close(1000);
    }
  }
}
