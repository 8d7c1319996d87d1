/** The gateway beside the bus: its thread, and the answers to whom it asks about. */
import { ArqonError, type Timer } from "@arqon/core/base";
import type { Access } from "./access.ts";
import type { ServerConfig } from "./config.ts";
import type { GatewayThreadData, ToGateway } from "./gateway-thread.ts";
import { startThread, type Thread, type ThreadMessage } from "./thread.ts";
import type { TlsListening, TlsNews } from "./tls.ts";

/** Who hears of what the gateway says. */
export interface GatewayListeners {
  note(line: string): void;
  tls(news: TlsNews): void;
}

/** What the gateway is started with; nothing where none is wanted. */
export function gatewayDataOf(
  { httpPort, tls: { httpPort: securePort } = { port: 0 } }: ServerConfig,
  busUrl: string,
  tls: TlsListening | undefined,
): GatewayThreadData | undefined {
  if (httpPort === undefined) return undefined;
  const secure = tls && securePort !== undefined && { ...tls, port: securePort };
  return { busUrl, port: httpPort, ...(secure && { secure }) };
}

/** Starts the gateway, which listens when this resolves. @throws ArqonError why it does not */
export function startGatewayThread(
  data: GatewayThreadData,
  access: Access,
  timer: Timer,
  told: GatewayListeners,
): Promise<Thread> {
  const url = new URL("./gateway-thread.ts", import.meta.url);
  const starting = startThread("gateway", url, data, [], timer.after, ({ note, tls, keyOf }) => {
    if (note !== undefined) told.note(note);
    if (tls) told.tls(tls);
    if (keyOf) void starting.then((thread) => thread.tell(keyAnswer(access, keyOf)));
  });
  return starting;
}

/** The gateway asked for whom client certificates speak. */
function keyAnswer(access: Access, { ask, identities }: NonNullable<ThreadMessage["keyOf"]>): ToGateway {
  try {
    return { answer: ask, key: access.keyFor(identities) };
  } catch (thrown) {
    const { code, message, remedy } = ArqonError.from(thrown);
    return { answer: ask, failed: { code, message, remedy } };
  }
}
