/** Connect, gRPC and gRPC-Web: the service of the schema over the operations. */
import { type DescMessage, JobService } from "@arqon/core/wire";
import {
  ConnectError,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { boundedBody, jsonBody, messageBody, wholeBody } from "./body.ts";
import type { GatewayClient } from "./client.ts";
import type { GatewayParts } from "./gateway.ts";
import { callerKey } from "./guard.ts";
import type { GatewayRequest, GatewayResponse } from "./http.ts";
import type { Call } from "./jobs.ts";
import { endUnread } from "./send.ts";
import { connectError } from "./status.ts";

/** Answers one call. */
export type RpcHandler = (request: GatewayRequest, response: GatewayResponse) => Promise<void>;

/** The connection a call may use, or why it may use none. */
const CLIENT = createContextKey<GatewayClient | ConnectError>(new ConnectError("no client"));

/** The handlers, by path. */
export function rpcHandlers({
  jobs,
  clients,
  keyOf,
  limits,
  timer,
  shutdown,
}: GatewayParts): ReadonlyMap<string, RpcHandler> {
  const router = createConnectRouter({
    // What comes in compressed would have to be bounded again after unpacking; nothing here is worth it.
    acceptCompression: [],
    readMaxBytes: limits.bodyBytes,
    maxTimeoutMs: limits.callMs,
    jsonOptions: { ignoreUnknownFields: false },
    shutdownSignal: shutdown,
    requestGate: (context) => void clientOf(context),
  });
  router.service(JobService, {
    submitJob: unary((call, request) => jobs.submit(call, request)),
    getJob: unary((call, request) => jobs.get(call, request)),
    watchJob: stream((call, request) => jobs.watch(call, request)),
    cancelJob: unary((call, request) => jobs.cancel(call, request)),
    getArtifact: stream((call, request) => jobs.artifact(call, request)),
  });
  return new Map(
    router.handlers.map((handler) => [
      handler.requestPath,
      async (request, response) => {
        const ended = new Promise<void>((resolve) => response.once("close", resolve));
        const values = createContextValues();
        try {
          // Before the body is read: a key the bus does not know is given no memory.
          const { client, release } = await clients.acquire(await callerKey(request, keyOf));
          void ended.then(release);
          values.set(CLIENT, client);
        } catch (thrown) {
          values.set(CLIENT, connectError(thrown));
        }
        const call = universalRequestFromNodeRequest(request, response, undefined, values);
        // Memory is taken as bytes come, never as a header promises.
        call.header.delete("content-length");
        const body = checkedBody(request, handler.method.input, boundedBody(request, limits, timer));
        const answer = await handler({ ...call, body });
        endUnread(response);
        // Its own promise waits for an event that no response has.
        universalResponseToNodeResponse(answer, response).catch(() => response.destroy());
        await ended;
      },
    ]),
  );
}

/** The body in one piece, refused with errors of the catalogue before the library sees it. Every method takes one message. */
async function* checkedBody(
  request: GatewayRequest,
  schema: DescMessage,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    const bytes = await wholeBody(body);
    if (request.headers["content-type"]?.startsWith("application/json")) messageBody(schema, jsonBody(bytes));
    yield bytes;
  } catch (thrown) {
    throw connectError(thrown);
  }
}

function clientOf({ values }: HandlerContext): GatewayClient {
  const client = values.get(CLIENT);
  if (client instanceof ConnectError) throw client;
  return client;
}

function unary<I, O>(run: (call: Call, request: I) => Promise<O>) {
  return async (request: I, context: HandlerContext): Promise<O> => {
    try {
      return await run({ client: clientOf(context), signal: context.signal }, request);
    } catch (thrown) {
      throw reasonOf(thrown, context);
    }
  };
}

function stream<I, O>(run: (call: Call, request: I) => AsyncIterable<O>) {
  return async function* (request: I, context: HandlerContext): AsyncGenerator<O> {
    try {
      yield* run({ client: clientOf(context), signal: context.signal }, request);
    } catch (thrown) {
      throw reasonOf(thrown, context);
    }
  };
}

/** Why a call ended: its deadline or the end of the gateway, rather than what either made fail. */
function reasonOf(thrown: unknown, { signal }: HandlerContext): ConnectError {
  return connectError(signal.aborted ? signal.reason : thrown);
}
