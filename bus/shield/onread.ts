/**
 * Accepted sockets that read into memory of ours: the one file that touches what Node keeps to itself. The runtime offers
 * this for sockets one opens (`onread`), not for those one accepts; so the handle of an accepted socket is given to a new
 * one. It is tried out when the first listener starts, and done without where it does not work.
 */
import { connect, createServer, Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";

interface Inner {
  _handle: object | null;
  _server: Server | null;
}

/**
 * A socket for the same connection that reads into `into` and calls back with how many bytes came, which says whether to
 * go on reading; the memory is used again after the call. The accepted socket must have been paused when it was accepted, and is of no use any more.
 * @throws TypeError where this runtime keeps its handles elsewhere.
 */
export function readInto(accepted: Socket, into: Buffer, callback: (bytes: number) => boolean): Socket {
  const inner = accepted as unknown as Inner;
  const { _handle: handle, _server: server } = inner;
  if (typeof handle !== "object" || handle === null || !(server instanceof Server))
    throw new TypeError("an accepted socket has no handle");
  const onread = { buffer: into, callback };
  const socket = new Socket({ handle, onread } as ConstructorParameters<typeof Socket>[0]);
  // The listener counts its connections: it is the new one that ends.
  (socket as unknown as Inner)._server = server;
  inner._handle = null;
  inner._server = null;
  return socket;
}

/** Where a socket that was opened with `onread` keeps what to read into and whom to call. */
const KEPT: readonly [symbol, symbol] | undefined = (() => {
  const into = Buffer.alloc(1);
  const callback = (): boolean => true;
  const probe = new Socket({ onread: { buffer: into, callback } } as ConstructorParameters<typeof Socket>[0]);
  const kept = probe as unknown as Record<symbol, unknown>;
  const symbols = Object.getOwnPropertySymbols(probe);
  const buffer = symbols.find((symbol) => kept[symbol] === into);
  const call = symbols.find((symbol) => kept[symbol] === callback);
  return buffer && call && [buffer, call];
})();

/**
 * Lets a connection with TLS, from the end of its handshake on, decrypt into `into`, as {@link readInto} reads. Returns
 * false, and leaves everything as it was, where this runtime keeps things elsewhere.
 */
export function decryptInto(socket: TLSSocket, into: Buffer, callback: (bytes: number) => boolean): boolean {
  const { _handle: handle } = socket as unknown as { _handle?: { useUserBuffer?(into: Buffer): void } };
  if (KEPT === undefined || typeof handle?.useUserBuffer !== "function") return false;
  const [buffer, call] = KEPT;
  Object.assign(socket, { [buffer]: into, [call]: callback });
  handle.useUserBuffer(into);
  return true;
}

let works: Promise<boolean> | undefined;

/** Whether {@link readInto} does what it says here; tried once. */
export function canReadInto(): Promise<boolean> {
  works ??= attempt();
  return works;
}

/** Sends some bytes through a socket that is paused and resumed in between, and lets both ends close. */
function attempt(): Promise<boolean> {
  return new Promise((resolve) => {
    const into = Buffer.alloc(8);
    let read = "";
    const server = createServer({ pauseOnConnect: true }, (accepted) => {
      try {
        const socket = readInto(accepted, into, (bytes) => {
          read += into.toString("latin1", 0, bytes);
          if (read.length < 12) {
            socket.pause();
            setImmediate(() => socket.resume());
          } else socket.end("seen");
          return true;
        });
        socket.on("error", () => {});
        socket.resume();
      } catch {
        accepted.destroy();
      }
    });
    server.on("error", () => resolve(false));
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      let answer = "";
      const client = connect({
        host: "127.0.0.1",
        port: typeof address === "object" && address ? address.port : 0,
      });
      client.on("data", (bytes) => {
        answer += bytes.toString("latin1");
      });
      client.on("error", () => {});
      client.on("close", () => server.close(() => resolve(answer === "seen" && read === "twelve bytes")));
      client.end("twelve bytes");
    });
  });
}
