/** The network as an argument: connections as streams of bytes in both directions. */
import type { TlsFacts } from "./tls/index.ts";

/** What happens on a connection; set once, before the first byte. */
export interface StreamHandler {
  /** Bytes came; the memory belongs to the handler, which may overwrite it. */
  data(chunk: Uint8Array): void;
  /** All that was written has been taken by the other layer. */
  drain(): void;
  /** The connection is gone, for whatever reason. Called once, and nothing after it. */
  closed(): void;
}

/** One accepted connection. */
export interface ByteStream {
  handler: StreamHandler;
  /** What the handshake agreed on; absent without TLS. */
  readonly security?: TlsFacts;
  /**
   * Writes in order. Returns true when the memory may be used again at once; otherwise it must stay untouched until
   * `drain`, and nothing should be written before that.
   */
  write(chunks: readonly Uint8Array[]): boolean;
  pause(): void;
  resume(): void;
  /** Closes after what was written is sent. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** A place where connections arrive. */
export interface Listener {
  /** The port taken, also when 0 was asked for. */
  readonly port: number;
  /** Takes no more connections; those open stay. */
  close(): Promise<void>;
}

/** A way to listen. */
export interface Net {
  /** @param into  memory that all connections may read into, if this network can: it is free again after each `data`. */
  listen(host: string, port: number, accept: (stream: ByteStream) => void, into?: Buffer): Promise<Listener>;
}
