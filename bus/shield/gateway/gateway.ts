/** A running gateway: guard, RPC handlers and plain paths on one port. */
import { ArqonError, type Entropy, type Timer, utf8 } from "@arqon/core/base";
import type { KeyOf, OpenClient } from "./client.ts";
import { Clients } from "./clients.ts";
import { requireKey, requireLocal } from "./guard.ts";
import type { GatewayRequest, GatewayResponse } from "./http.ts";
import { type CheckCapsule, JobCalls } from "./jobs.ts";
import { GATEWAY_LIMITS, type GatewayLimits } from "./limits.ts";
import { listen, type SecureListening } from "./listen.ts";
import { answerRest } from "./rest.ts";
import { rpcHandlers } from "./rpc.ts";
import { send, sendError } from "./send.ts";
import { connectError, goingAway } from "./status.ts";

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly openClient: OpenClient;
  /** Left out: client certificates speak for nobody here. */
  readonly keyOf?: KeyOf;
  readonly timer: Timer;
  readonly entropy: Entropy;
  /** 0, the default: any free one. */
  readonly port?: number;
  /** A second place to listen, with TLS. */
  readonly secure?: SecureListening & { readonly host: string; readonly port: number };
  /** Checks capsules before they are submitted. */
  readonly check?: CheckCapsule;
  readonly limits?: Partial<GatewayLimits>;
}

/** What its handlers share. */
export interface GatewayParts {
  readonly jobs: JobCalls;
  readonly clients: Clients;
  readonly keyOf: KeyOf;
  readonly limits: GatewayLimits;
  readonly timer: Timer;
  readonly entropy: Entropy;
  /** Aborted when the gateway closes. */
  readonly shutdown: AbortSignal;
}

/** A gateway that listens. */
export interface Gateway {
  /** e.g. "http://127.0.0.1:7418". */
  readonly url: string;
  /** e.g. "https://192.0.2.7:7444", where there is a second place. */
  readonly secureUrl: string | undefined;
  readonly port: number;
  /** Connections to the bus held at the moment. */
  readonly connections: number;
  /** Ends what runs, then the connections to the bus. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
/** How long the last answers may take to be read when the gateway closes. */
const GRACE_MS = 1_000;

/** Starts a gateway. @throws ArqonError `SERVER_UNREACHABLE` when the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { openClient, timer, entropy, port = 0, check = () => {} } = options;
  const limits = { ...GATEWAY_LIMITS, ...options.limits };
  const clients = new Clients(openClient, timer, limits);
  const shutdown = new AbortController();
  const jobs = new JobCalls(check, timer, limits.waitMs);
  const { keyOf = async () => requireKey(undefined) } = options;
  const parts: GatewayParts = { jobs, clients, keyOf, limits, timer, entropy, shutdown: shutdown.signal };
  const rpcs = rpcHandlers(parts);

  const answer = async (
    request: GatewayRequest,
    response: GatewayResponse,
    isSecure: boolean,
  ): Promise<void> => {
    const { ":authority": authority, host, origin } = request.headers;
    requireLocal({ host: typeof authority === "string" ? authority : host, origin }, limits, isSecure);
    const path = request.url?.split("?", 1)[0] ?? "";
    if (path === "/healthz") return send(response, 200, "application/json", utf8('{"status":"alive"}\n'));
    const rpc = rpcs.get(path);
    if (rpc) return rpc(request, response);
    return answerRest(parts, request, response);
  };
  const handler = (isSecure: boolean) => (request: GatewayRequest, response: GatewayResponse) => {
    const cancel = timer.after(limits.callMs, () => response.destroy());
    response.once("close", cancel);
    answer(request, response, isSecure).catch((thrown) => {
      if (response.headersSent) response.destroy();
      else sendError(response, ArqonError.from(thrown));
    });
  };
  const listener = await listen(HOST, port, limits, timer, handler(false));
  const { secure } = options;
  const secured = secure && (await listen(secure.host, secure.port, limits, timer, handler(true), secure));
  return {
    url: `http://${HOST}:${listener.port}`,
    secureUrl:
      secure &&
      `https://${secure.host.includes(":") ? `[${secure.host}]` : secure.host}:${(secured as typeof listener).port}`,
    port: listener.port,
    get connections() {
      return clients.size;
    },
    close: async () => {
      shutdown.abort(connectError(goingAway()));
      await clients.close();
      await Promise.all([listener.close(GRACE_MS), secured?.close(GRACE_MS)]);
    },
  };
}
