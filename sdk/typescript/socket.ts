/** The part of the standard WebSocket that the SDK uses, so that a test or an older runtime can bring its own. */
import { ArqonError } from "@arqon/core/base";

/** A WebSocket, as browsers and Node define it. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
}

/** Opens a socket to `url`, offering `protocol`. */
export type OpenSocket = (url: string, protocol: string) => WebSocketLike;

/** The runtime's own WebSocket. */
export const openGlobalSocket: OpenSocket = (url, protocol) => {
  const { WebSocket } = globalThis as { WebSocket?: new (url: string, protocol: string) => WebSocketLike };
  if (!WebSocket) throw new ArqonError("USAGE", "this runtime has no WebSocket; pass `openSocket`");
  return new WebSocket(url, protocol);
};
