/** How a connection travels, by the listener it came to. */
import type { Outbox } from "../spine/index.ts";
import type { ShieldContext } from "./context.ts";
import type { ByteStream } from "./net.ts";
import { TcpTransport } from "./tcp.ts";
import type { Carried, Form, Transport } from "./transport.ts";
import { WebSocketTransport } from "./web-socket.ts";

/** The transport of a new connection. */
export function openTransport(
  form: Form,
  context: ShieldContext,
  stream: ByteStream,
  outbox: Outbox,
  session: Carried,
): Transport {
  if (form === "records") return new TcpTransport(context, outbox, session);
  return new WebSocketTransport(context, stream, outbox, session);
}
