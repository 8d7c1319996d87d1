/** What `connect` takes, with every default filled in. */
import {
  ArqonError,
  type Clock,
  type Entropy,
  requireLoopback,
  systemClock,
  systemEntropy,
  systemTimer,
  type Timer,
  uuidv7Generator,
} from "@arqon/core/base";
import { type MessageInitShape, requireReality, type SamSchema } from "@arqon/core/wire";
import type { ReconnectPolicy } from "./backoff.ts";
import type { Window } from "./credit.ts";
import { readSurroundings, readTlsFiles } from "./home.ts";
import type { OpenSocket } from "./socket.ts";
import type { TlsFiles } from "./tls.ts";

/** Version of this SDK. */
export const SDK_VERSION = "0.1.0";

/** What an operator says of itself, with every field optional. */
export type SamInit = Extract<MessageInitShape<typeof SamSchema>, { $typeName?: never }>;

/** Where to connect, as whom, and what time and chance to use. */
export interface ConnectOptions {
  /**
   * e.g. "ws://127.0.0.1:4711"; under Node also "tcp://...", which costs less. Default: ARQON_URL, then the server of
   * ARQON_HOME by the cheapest way it offers.
   */
  readonly url?: string;
  /** Default: ARQON_API_KEY, then the key of ARQON_HOME. Sent inside hello, never in the URL. */
  readonly apiKey?: string;
  /** Namespace to join. Default "main". */
  readonly reality?: string;
  /** Name for people, shown in the server's lists. */
  readonly client?: string;
  /** What an operator says of itself. */
  readonly sam?: SamInit;
  /**
   * How much the server may send ahead of what the application takes; it then keeps what it can, and counts what it had
   * to leave out. Without it nothing is held back, and a subscription that is too slow ends with `SLOW_CONSUMER`.
   */
  readonly receiveWindow?: Window;
  /** How a lost connection is restored; `false` gives up at once. */
  readonly reconnect?: ReconnectPolicy | false;
  /** Bound of the handshake and of every request of the SDK itself. Default 30 s. */
  readonly timeoutMs?: number;
  /** Told of errors no call can report: a refused ephemeral publication, a subscription that could not be restored. */
  readonly onError?: (error: ArqonError) => void;
  /** Told when the connection is lost (with the reason), restored, or closed for good. */
  readonly onState?: (state: ConnectionState, error?: ArqonError) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly timer?: Timer;
  readonly entropy?: Entropy;
  /** Carries the messages instead of a socket of this runtime, e.g. one of `openGlobalSocket`. */
  readonly openSocket?: OpenSocket;
  /** For `wss://` and `tls://`: whom to trust, and who this client is. */
  readonly tls?: TlsFiles;
}

/** Whether messages flow. */
export type ConnectionState = "open" | "restoring" | "closed";

/** Options with nothing left open. */
export interface Settings {
  readonly url: string;
  readonly apiKey: string;
  readonly reality: string;
  readonly client: string;
  readonly sam: SamInit | undefined;
  readonly receiveWindow: Window | undefined;
  readonly reconnect: ReconnectPolicy | false;
  readonly timeoutMs: number;
  readonly onError: (error: ArqonError) => void;
  readonly onState: (state: ConnectionState, error?: ArqonError) => void;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly entropy: Entropy;
  /** Instead of what the runtime has. */
  readonly openSocket: OpenSocket | undefined;
  readonly tls: TlsFiles;
  /** A new UUIDv7. */
  readonly newId: () => string;
}

/**
 * Fills in the defaults.
 * @throws ArqonError `SERVER_UNREACHABLE` when no url is known, `USAGE` when it is none of a bus, `TLS_REQUIRED` when
 *   it would leave this machine without TLS,
 *   `TOPIC_INVALID` for the name of a Reality.
 */
export function settle(options: ConnectOptions): Settings {
  const { url, apiKey = "" } = readSurroundings({
    ...(options.url && { url: options.url }),
    ...(options.apiKey && { apiKey: options.apiKey }),
  });
  if (!url)
    throw new ArqonError("SERVER_UNREACHABLE", "no server is known: no url, no ARQON_URL, no server.json");
  const { protocol = "", hostname = "", username, password } = URL.parse(url) ?? {};
  if (!["ws:", "wss:", "tcp:", "tls:"].includes(protocol) || username || password)
    throw new ArqonError(
      "USAGE",
      "the url must start with ws://, wss://, tcp:// or tls:// and hold no credentials",
    );
  if (protocol === "ws:" || protocol === "tcp:") requireLoopback(hostname, `a connection by ${protocol}//`);
  const clock = options.clock ?? systemClock;
  const entropy = options.entropy ?? systemEntropy;
  return {
    url,
    apiKey,
    reality: requireReality(options.reality ?? "main"),
    client: options.client ?? `arqon-typescript/${SDK_VERSION}`,
    sam: options.sam,
    receiveWindow: options.receiveWindow,
    reconnect: options.reconnect ?? {},
    timeoutMs: options.timeoutMs ?? 30_000,
    onError: options.onError ?? (() => {}),
    onState: options.onState ?? (() => {}),
    signal: options.signal,
    clock,
    timer: options.timer ?? systemTimer({ hold: true }),
    entropy,
    openSocket: options.openSocket,
    tls: readTlsFiles(options.tls),
    newId: uuidv7Generator(clock, entropy),
  };
}
