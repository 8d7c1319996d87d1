/** How messages travel on a connection: what a session needs of WebSocket or TCP, and what it is told. */
import type { ArqonError } from "@arqon/core/base";
import type { Press } from "../kernel/index.ts";

/** How messages lie in the bytes of a client: in masked frames, or each behind its length. */
export type Form = "frames" | "records";

/** What a transport tells the session it carries. */
export interface Carried {
  /** Messages may come from now on. @param bearer  the key of the upgrade request, if it had one */
  opened(bearer: string | undefined): void;
  /**
   * Lets the kernel take plain messages that lie in its memory. Returns where it stopped; the kernel says why.
   */
  plain(form: Form, at: number, end: number): number;
  /** One whole message. The bytes are valid during the call only. */
  message(bytes: Uint8Array): void;
  /** What came is not going to be a session; `error` is absent when nobody wanted one. */
  turnedAway(error: ArqonError | undefined): void;
  /** The peer says that it closes. Nothing follows. */
  leaving(code: number): void;
}

/** The bytes of one connection. */
export interface Transport {
  /** Largest message taken, in bytes. */
  maxMessageBytes: number;
  /** Takes the next bytes. @throws ArqonError when what follows cannot be read any more. */
  take(chunk: Uint8Array): void;
  /** Queues what the press has just written. */
  send(press: Press, droppable: boolean): void;
  /** Bytes of the messages the press has just written, as they travel here. */
  sizeOf(press: Press): number;
  /** Makes the peer say something. */
  probe(): void;
  /** Whether several messages can come in one piece once both sides want it. */
  readonly canPack: boolean;
  /** From now on they do, both ways. */
  pack(): void;
  /** Whether the peer answers the last words. */
  readonly answersGoodbye: boolean;
  /** Queues the last words. */
  goodbye(code: number, reason: string): void;
  /** Ignores whatever comes from now on. */
  stop(): void;
}
