/** TLS 1.3 as a network: the same streams of bytes as plain TCP, after a handshake. */
import { createServer, type TLSSocket } from "node:tls";
import { listenerOf } from "../listening.ts";
import type { ByteStream, Listener, Net, StreamHandler } from "../net.ts";
import { decryptInto } from "../onread.ts";
import type { Certificates } from "./certificates.ts";
import type { TlsFacts } from "./facts.ts";
import { type TlsObserver, watchHandshakes } from "./handshakes.ts";

/** What a network with TLS is made of. */
export interface TlsNetOptions {
  readonly certificates: Certificates;
  readonly observer: TlsObserver;
}

/** From the connection to the end of the handshake. */
const HANDSHAKE_MS = 10_000;
/** Connections, those in their handshake included. */
const MAX_SOCKETS = 32_768;

const IDLE: StreamHandler = { data: () => {}, drain: () => {}, closed: () => {} };

class TlsStream implements ByteStream {
  handler: StreamHandler = IDLE;
  readonly security: TlsFacts;
  readonly #socket: TLSSocket;
  /** Writes not yet handed to the kernel. */
  #open = 0;
  #waited = false;

  constructor(socket: TLSSocket, security: TlsFacts, into: Buffer | undefined) {
    this.#socket = socket;
    this.security = security;
    const isShared = into !== undefined && decryptInto(socket, into, (bytes) => this.#read(into, bytes));
    if (isShared) socket.resume();
    else socket.on("data", (chunk: Buffer) => this.handler.data(chunk));
    socket.on("close", () => this.handler.closed());
  }

  #read(into: Buffer, bytes: number): boolean {
    this.handler.data(into.subarray(0, bytes));
    return true;
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    // The first write is encrypted before this returns, so its memory is free; one that meets another is queued as it is.
    const free = this.#open === 0;
    this.#open++;
    if (chunks.length === 1) socket.write(chunks[0] as Uint8Array, this.#taken);
    else {
      const last = chunks.length - 1;
      socket.cork();
      for (let i = 0; i < last; i++) socket.write(chunks[i] as Uint8Array);
      socket.write(chunks[last] ?? EMPTY, this.#taken);
      socket.uncork();
    }
    if (!free) this.#waited = true;
    return free;
  }

  readonly #taken = (): void => {
    if (--this.#open > 0 || !this.#waited) return;
    this.#waited = false;
    this.handler.drain();
  };

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

const EMPTY = new Uint8Array(0);

/** Listens with TLS 1.3 and nothing older. */
export function tlsNet({ certificates, observer }: TlsNetOptions): Net {
  return {
    listen: (host, port, accept, into): Promise<Listener> => {
      const server = createServer({
        ...certificates.options(),
        handshakeTimeout: HANDSHAKE_MS,
        noDelay: true,
        allowHalfOpen: false,
      });
      server.maxConnections = MAX_SOCKETS;
      watchHandshakes(server, certificates, observer, (socket, facts) =>
        accept(new TlsStream(socket, facts, into)),
      );
      return listenerOf(server, host, port);
    },
  };
}
