/** One port for HTTP/1.1 and for HTTP/2 without TLS: the first bytes of a connection tell them apart. */
import { createServer, type ServerOptions } from "node:http";
import {
  constants,
  createServer as createServer2,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import { type Cancel, requireLoopback, type Timer } from "@arqon/core/base";
import { listening } from "../listening.ts";
import { type Certificates, type TlsObserver, watchHandshakes } from "../tls/index.ts";
import type { GatewayRequest, GatewayResponse } from "./http.ts";
import type { GatewayLimits } from "./limits.ts";

/** Where connections arrive. */
export interface HttpListener {
  readonly port: number;
  /** Takes no more connections, and closes those open when their calls have ended, or after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** What a listener needs to speak TLS. */
export interface SecureListening {
  readonly certificates: Certificates;
  readonly observer: TlsObserver;
}

/** How HTTP/2 begins; no method of HTTP/1 does. */
const PREFACE = "PRI";

/**
 * Listens, without `secure` on loopback alone.
 * @throws ArqonError `SERVER_UNREACHABLE` when the port is taken, `TLS_REQUIRED` off loopback.
 */
export async function listen(
  host: string,
  port: number,
  limits: GatewayLimits,
  timer: Timer,
  handle: (request: GatewayRequest, response: GatewayResponse) => void,
  secure?: SecureListening,
): Promise<HttpListener> {
  if (!secure) requireLoopback(host, "plain HTTP");
  const { receiveMs, idleMs, maxSockets, maxStreams } = limits;
  const options: ServerOptions = {
    headersTimeout: receiveMs,
    requestTimeout: 2 * receiveMs,
    keepAliveTimeout: idleMs,
    maxHeaderSize: 16_384,
  };
  const http1 = secure ? secureServer(options, handle, secure, receiveMs) : createServer(options, handle);
  const http2 = createServer2({
    settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: 16_384 },
    maxSessionMemory: 8,
  });
  http2.on("request", (request, response) => {
    dropUnread(request.stream);
    handle(request, response);
  });
  const sessions = new Set<ServerHttp2Session>();
  http2.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    closeIdle(session, idleMs, timer);
  });
  http2.on("sessionError", () => {});

  const sockets = new Set<Socket>();
  // The server of HTTP/1 listens, so that its own checks of slow requests run; HTTP/2 is handed what is not for it.
  const arrival = secure ? "secureConnection" : "connection";
  const toHttp1 = http1.listeners(arrival);
  http1.removeAllListeners(arrival);
  http1.maxConnections = maxSockets;
  http1.prependListener("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  if (secure) watchHandshakes(http1 as SecureServer, secure.certificates, secure.observer);
  http1.on(arrival, (socket: Socket) => {
    socket.on("error", () => {});
    sniff(socket, receiveMs, timer, (isHttp2) => {
      if (isHttp2) http2.emit("connection", socket);
      else for (const listener of toHttp1) listener.call(http1, socket);
    });
  });
  return {
    port: await listening(http1, host, port),
    close: (graceMs) =>
      new Promise((done) => {
        const cancel = timer.after(graceMs, () => {
          for (const socket of sockets) socket.destroy();
        });
        http1.close(() => {
          cancel();
          done();
        });
        for (const session of sessions) session.close();
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      }),
  };
}

function secureServer(
  options: ServerOptions,
  handle: (request: GatewayRequest, response: GatewayResponse) => void,
  { certificates }: SecureListening,
  handshakeTimeout: number,
): SecureServer {
  const alpn = { ALPNProtocols: ["h2", "http/1.1"] };
  return createSecureServer({ ...options, ...certificates.options(), ...alpn, handshakeTimeout }, handle);
}

/** Looks at the first bytes and puts them back. A connection that says nothing in time is closed. */
function sniff(socket: Socket, receiveMs: number, timer: Timer, decide: (isHttp2: boolean) => void): void {
  const leave = (): void => void socket.destroy();
  const cancel = timer.after(receiveMs, leave);
  socket.once("close", cancel);
  socket.once("end", leave);
  const look = (): void => {
    const start = socket.read(PREFACE.length) as Buffer | null;
    if (start === null) return;
    socket.off("readable", look);
    socket.off("end", leave);
    cancel();
    socket.unshift(start);
    decide(start.toString("latin1") === PREFACE);
  };
  socket.on("readable", look);
}

function closeIdle(session: ServerHttp2Session, idleMs: number, timer: Timer): void {
  let streams = 0;
  const arm = (): Cancel => timer.after(idleMs, () => session.close());
  let cancel = arm();
  session.on("error", () => {});
  session.once("close", () => cancel());
  session.on("stream", (stream) => {
    if (++streams === 1) cancel();
    stream.once("close", () => {
      if (--streams === 0 && !session.closed) cancel = arm();
    });
  });
}

/** Ends a call that was answered before all of its request was read, once the answer has gone. */
function dropUnread(stream: ServerHttp2Stream): void {
  stream.once("wantTrailers", () => {
    if (stream.readableEnded) return;
    setImmediate(() => {
      stream.close(constants.NGHTTP2_NO_ERROR);
      // What has come already is dropped; the stream stays open while it waits to be read.
      stream.resume();
    });
  });
}
