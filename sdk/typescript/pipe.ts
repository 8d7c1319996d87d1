/** Whole messages in both directions, whatever carries them: a WebSocket of the runtime, or a socket of Node. */
import type { Entropy } from "@arqon/core/base";
import type { OpenSocket } from "./socket.ts";
import type { TlsFiles } from "./tls.ts";

/** One end of a connection that carries messages. */
export interface Pipe {
  /** Bytes handed over that are not yet on the network. */
  readonly bufferedBytes: number;
  /** Whether it gains from several messages in a frame. */
  readonly packs: boolean;
  /** Takes a copy of one message; it leaves together with the others of this turn. */
  send(message: Uint8Array): void;
  /** From now on several messages may share one frame, in both directions. @param limitBytes  of a frame. */
  pack(limitBytes: number): void;
  close(): void;
}

/** What a pipe tells its owner. Nothing is told after `closed`. */
export interface PipeEvents {
  /** Messages can be sent. */
  opened(): void;
  /** A message is `bytes[from, to)`; the memory is never written again. What this throws ends the connection. */
  message(bytes: Uint8Array, from: number, to: number): void;
  /** The connection ended, once. Code and reason are those of a WebSocket; 1006 is a loss without a word. */
  closed(code: number, reason: string): void;
  /** What the other side sent cannot be read. */
  broken(error: Error): void;
}

/** What a pipe is made with. */
export interface PipeOptions {
  readonly url: string;
  readonly entropy: Entropy;
  /** Instead of what the runtime has. */
  readonly openSocket?: OpenSocket | undefined;
  readonly tls?: TlsFiles;
}

/** Largest message that is taken from a server, bytes. */
export const MAX_MESSAGE_BYTES: number = 16 * 1024 * 1024;

/** Bytes gathered before they are written without waiting for the end of the turn. */
export const BATCH_BYTES: number = 128 * 1024;
