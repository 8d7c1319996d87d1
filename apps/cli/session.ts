/** Finds a server to talk to, or starts an embedded one for the length of a command. */
import { ArqonError, formatDuration, systemClock } from "@arqon/core/base";
import { type Client, type ConnectionState, connect } from "@arqon/sdk";
import { storesFrom } from "@arqon/vault";
import type { Server, Service } from "../server/index.ts";
import { announced } from "./announced.ts";
import { pause } from "./pause.ts";
import type { Terminal } from "./terminal.ts";

/** How this CLI names itself to the server. */
const CLIENT = "arqon-cli";
/** How long a server may take to answer the handshake. */
const REACH_MS = 5_000;
/** How long a command waits for another server to come up that holds the data directory. */
const STARTING_MS = 10_000;

/**
 * Runs `use` with a connected client. Without a reachable server it starts one on loopback with just the services the
 * command needs, and stops it afterwards, once nobody else is connected; `embedded` is true then.
 */
export async function withClient<T>(
  terminal: Terminal,
  services: readonly Service[],
  use: (client: Client, embedded: boolean) => Promise<T>,
): Promise<T> {
  const running = (client: Client): Promise<T> => use(client, false);
  const found = await reach();
  if (found) return closing(found, running);
  if (terminal.env["ARQON_URL"])
    throw new ArqonError("SERVER_UNREACHABLE", `no server answers at ${terminal.env["ARQON_URL"]}`);
  terminal.progress("starting an embedded server …");
  const { startServer } = await import("../server/index.ts");
  let server: Server;
  try {
    server = await startServer({
      home: terminal.home,
      port: 0,
      services,
      passphrase: terminal.env["ARQON_KEY_PASSPHRASE"],
      stores: storesFrom(terminal.env),
      otlpFile: terminal.env["ARQON_OTLP_FILE"] || undefined,
    });
  } catch (thrown) {
    if (ArqonError.from(thrown).code !== "LOG_LOCKED") throw thrown;
    return closing(await reachStarting(terminal, thrown), running);
  }
  terminal.progress("");
  for (const finding of server.findings) terminal.note(`note: ${finding}`);
  try {
    const own = await connect({ url: server.url, apiKey: server.apiKey, client: CLIENT });
    return await closing(own, (client) => use(client, true));
  } finally {
    while (server.visitors() > 0) {
      terminal.progress(`another command uses this server (${server.visitors()} connected); waiting …`);
      await pause(100);
    }
    await server.close();
    terminal.progress("");
  }
}

/** Whether ARQON_URL names another server than the one of this ARQON_HOME: its artifacts are not here. */
export function isElsewhere({ env, home }: Terminal): boolean {
  const url = env["ARQON_URL"];
  return Boolean(url) && announced(home)?.["url"] !== url;
}

/**
 * Runs `use` with a client of a server that runs already. A connection lost later is restored, and told of.
 * @throws ArqonError `SERVER_UNREACHABLE`
 */
export async function withServer<T>(
  terminal: Terminal,
  use: (client: Client) => Promise<T>,
  onError: (error: ArqonError) => void = (error) => terminal.note(`note: ${error.message} [${error.code}]`),
  reality?: string,
): Promise<T> {
  let lostMs: number | undefined;
  const onState = (state: ConnectionState, error?: ArqonError): void => {
    if (state === "restoring") {
      lostMs ??= systemClock.monotonicMs();
      terminal.note(
        `connection lost (${error?.code ?? ""}); trying again until the server is back, or Ctrl-C …`,
      );
    } else if (state === "open" && lostMs !== undefined) {
      terminal.note(`connected again after ${formatDuration(systemClock.monotonicMs() - lostMs)}`);
      lostMs = undefined;
    }
  };
  const options = { client: CLIENT, timeoutMs: REACH_MS, onError, onState, ...(reality && { reality }) };
  return closing(await connect(options), use);
}

async function closing<T>(client: Client, use: (client: Client) => Promise<T>): Promise<T> {
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** A client of the server named by the environment or by ARQON_HOME; `undefined` when none answers. */
async function reach(): Promise<Client | undefined> {
  try {
    return await connect({ client: CLIENT, reconnect: false, timeoutMs: REACH_MS });
  } catch (thrown) {
    const { code } = ArqonError.from(thrown);
    if (code === "SERVER_UNREACHABLE" || code === "CONNECTION_LOST" || code === "DEADLINE_EXCEEDED")
      return undefined;
    throw thrown;
  }
}

/** Another process holds the data directory: its server is starting, or went away without a word. */
async function reachStarting(terminal: Terminal, locked: unknown): Promise<Client> {
  for (let waitedMs = 0; waitedMs < STARTING_MS; waitedMs += 200) {
    terminal.progress("another server is starting in this ARQON_HOME; waiting …");
    await pause(200);
    const client = await reach();
    if (client) return client;
  }
  throw locked;
}
