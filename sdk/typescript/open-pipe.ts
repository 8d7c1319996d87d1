/** The way to a server that this runtime has. */
import { ArqonError } from "@arqon/core/base";
import { NodePipe, nodeModules } from "./node-pipe.ts";
import type { Pipe, PipeEvents, PipeOptions } from "./pipe.ts";
import { openGlobalSocket } from "./socket.ts";
import { SocketPipe } from "./socket-pipe.ts";

/** Opens a pipe: over Node's sockets where there are some, over the runtime's WebSocket otherwise. */
export function openPipe(options: PipeOptions, events: PipeEvents): Pipe {
  const get = nodeModules();
  if (get && !options.openSocket) return new NodePipe(options, get, events);
  if (/^(tcp|tls):/.test(options.url))
    throw new ArqonError("USAGE", "tcp:// and tls:// need Node; a browser connects to ws:// or wss://");
  return new SocketPipe(options.url, options.openSocket ?? openGlobalSocket, events);
}
