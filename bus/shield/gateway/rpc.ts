/** Connect, gRPC and gRPC-Web: the service of the schema over the operations. */
import { ArqonError } from "@arqon/core/base";
import { type DescMessage, JobService } from "@arqon/core/wire";
import { createConnectRouter, type HandlerContext } from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { boundedBody, jsonBody, messageBody, wholeBody } from "./body.ts";
import type { Clients } from "./clients.ts";
import type { GatewayParts } from "./gateway.ts";
import { requireKey } from "./guard.ts";
import type { GatewayRequest, GatewayResponse } from "./http.ts";
import type { Call } from "./jobs.ts";
import { connectError } from "./status.ts";

/** Answers one call. */
export type RpcHandler = (request: GatewayRequest, response: GatewayResponse) => Promise<void>;

/** The handlers, by path. */
export function rpcHandlers(parts: GatewayParts): ReadonlyMap<string, RpcHandler> {
  const { jobs, clients, limits, timer, shutdown } = parts;
  const router = createConnectRouter({
    // What comes in compressed would have to be bounded again after unpacking; nothing here is worth it.
    acceptCompression: [],
    readMaxBytes: limits.bodyBytes,
    maxTimeoutMs: limits.callMs,
    jsonOptions: { ignoreUnknownFields: false },
    shutdownSignal: shutdown,
    requestGate: ({ requestHeader }) => thrownWell(() => requireKey(requestHeader.get("authorization"))),
  });
  const one =
    <I, O>(run: (call: Call, request: I) => Promise<O>) =>
    (request: I, context: HandlerContext): Promise<O> =>
      unary(clients, context, (call) => run(call, request));
  const many =
    <I, O>(run: (call: Call, request: I) => AsyncIterable<O>) =>
    (request: I, context: HandlerContext): AsyncIterable<O> =>
      stream(clients, context, (call) => run(call, request));
  router.service(JobService, {
    submitJob: one((call, request) => jobs.submit(call, request)),
    getJob: one((call, request) => jobs.get(call, request)),
    watchJob: many((call, request) => jobs.watch(call, request)),
    cancelJob: one((call, request) => jobs.cancel(call, request)),
    getArtifact: many((call, request) => jobs.artifact(call, request)),
  });
  return new Map(
    router.handlers.map((handler) => [
      handler.requestPath,
      async (request, response) => {
        const call = universalRequestFromNodeRequest(request, response, undefined, undefined);
        // Memory is taken as bytes come, never as a header promises.
        call.header.delete("content-length");
        const body = checkedBody(request, handler.method.input, boundedBody(request, limits, timer));
        const answer = await handler({ ...call, body });
        const ended = new Promise<void>((resolve) => response.once("close", resolve));
        // Its own promise waits for an event that no response has.
        universalResponseToNodeResponse(answer, response).catch(() => response.destroy());
        await ended;
      },
    ]),
  );
}

/** The body, with errors of the catalogue in place of the library's where it can be told. */
async function* checkedBody(
  request: GatewayRequest,
  schema: DescMessage,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (request.headers["content-type"]?.startsWith("application/json")) {
      const bytes = await wholeBody(body);
      messageBody(schema, jsonBody(bytes));
      yield bytes;
    } else yield* body;
  } catch (thrown) {
    throw connectError(thrown);
  }
}

function thrownWell(check: () => void): void {
  try {
    check();
  } catch (thrown) {
    throw connectError(thrown);
  }
}

async function unary<O>(
  clients: Clients,
  context: HandlerContext,
  run: (call: Call) => Promise<O>,
): Promise<O> {
  for await (const answer of stream(clients, context, async function* (call) {
    yield await run(call);
  }))
    return answer;
  throw new ArqonError("INTERNAL", "a call ended without an answer");
}

async function* stream<O>(
  clients: Clients,
  { requestHeader, signal }: HandlerContext,
  run: (call: Call) => AsyncIterable<O>,
): AsyncGenerator<O> {
  try {
    const { client, release } = await clients.acquire(requireKey(requestHeader.get("authorization")));
    try {
      yield* run({ client, signal });
    } finally {
      release();
    }
  } catch (thrown) {
    throw connectError(thrown);
  }
}
