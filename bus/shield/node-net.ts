/** The network of this machine: sockets read into memory of the bus where they can, and make their own where not. */
import { createServer, type Socket } from "node:net";
import { requireLoopback } from "@arqon/core/base";
import { listenerOf } from "./listening.ts";
import type { ByteStream, Listener, Net, StreamHandler } from "./net.ts";
import { canReadInto, readInto } from "./onread.ts";

const IDLE: StreamHandler = { data: () => {}, drain: () => {}, closed: () => {} };

/** What went wrong is followed by 'close'. */
const ignore = (): void => {};

class SocketStream implements ByteStream {
  handler: StreamHandler = IDLE;
  readonly #socket: Socket;

  constructor(accepted: Socket, into: Buffer | undefined) {
    const socket = into
      ? readInto(accepted, into, (bytes) => {
          this.handler.data(into.subarray(0, bytes));
          return true;
        })
      : accepted;
    this.#socket = socket;
    socket.setNoDelay(true);
    if (into === undefined) socket.on("data", (chunk: Buffer) => this.handler.data(chunk));
    else socket.resume();
    socket.on("drain", () => this.handler.drain());
    socket.on("error", ignore);
    socket.on("close", () => this.handler.closed());
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    if (chunks.length === 1) socket.write(chunks[0] as Uint8Array);
    else {
      socket.cork();
      for (const chunk of chunks) socket.write(chunk);
      socket.uncork();
    }
    if (socket.writableLength === 0) return true;
    // Below the mark of the stream no 'drain' follows by itself.
    if (!socket.writableNeedDrain) socket.write(EMPTY, () => this.handler.drain());
    return false;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

const EMPTY = Buffer.alloc(0);

/** TCP on this machine, and on loopback alone: beyond it there is {@link tlsNet}. @throws ArqonError `TLS_REQUIRED` */
export const nodeNet: Net = {
  async listen(host, port, accept, into): Promise<Listener> {
    requireLoopback(host, "a plain listener");
    const memory = into && (await canReadInto()) ? into : undefined;
    const server = createServer({ allowHalfOpen: false, pauseOnConnect: memory !== undefined }, (socket) =>
      accept(new SocketStream(socket, memory)),
    );
    return listenerOf(server, host, port);
  },
};
