/** Plain paths over the same operations, for curl: `/v1/jobs`, `/v1/circuits`, `/v1/artifacts`, `/ledger`. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ArqonError, type Json, utf8 } from "@arqon/core/base";
import {
  CancelJobRequestSchema,
  CancelJobResponseSchema,
  create,
  type DescMessage,
  errorFromInfo,
  GetArtifactRequestSchema,
  type GetJobRequest,
  GetJobRequestSchema,
  GetJobResponseSchema,
  type JobState,
  JobStatus,
  type MessageInitShape,
  SubmitJobRequestSchema,
  SubmitJobResponseSchema,
  toJson,
} from "@arqon/core/wire";
import { boundedBody, jsonBody, messageBody, wholeBody } from "./body.ts";
import { circuitJob } from "./circuit.ts";
import type { GatewayParts } from "./gateway.ts";
import { callerKey } from "./guard.ts";
import type { GatewayRequest, GatewayResponse } from "./http.ts";
import type { Call } from "./jobs.ts";
import { ANYONE, LOG_FILE, sendLogFile } from "./ledger.ts";
import { FIXED_HEADERS, send, sendError } from "./send.ts";
import { goingAway, misuse } from "./status.ts";

interface Asked extends Call {
  /** What the path names, e.g. a job id. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly json: () => Promise<Json>;
  readonly request: GatewayRequest;
  readonly response: GatewayResponse;
}

type Action = (parts: GatewayParts, asked: Asked) => Promise<void>;

interface Route {
  readonly path: RegExp;
  readonly actions: Readonly<Record<string, Action>>;
  /** Whom a request without a key speaks for. */
  readonly anyone?: string;
}

const ROUTES: readonly Route[] = [
  { path: /^\/v1\/jobs$/, actions: { POST: postJob } },
  { path: /^\/v1\/circuits$/, actions: { POST: postCircuit } },
  { path: /^\/v1\/jobs\/([^/]+)$/, actions: { GET: getJob, DELETE: deleteJob } },
  { path: /^\/v1\/jobs\/([^/]+)\/output$/, actions: { GET: getOutput } },
  { path: /^\/v1\/artifacts\/([^/]+)$/, actions: { GET: getArtifact } },
  { path: LOG_FILE, actions: { GET: getLogFile, HEAD: getLogFile }, anyone: ANYONE },
];

/** Answers a request that is not an RPC. */
export async function answerRest(
  parts: GatewayParts,
  request: GatewayRequest,
  response: GatewayResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const route = ROUTES.find(({ path }) => path.test(pathname));
    if (!route) return sendError(response, misuse(`no such path: ${pathname.slice(0, 128)}`), 404);
    const method = request.method ?? "";
    const action = Object.hasOwn(route.actions, method) ? route.actions[method] : undefined;
    if (!action) {
      const allow = Object.keys(route.actions).join(", ");
      const wrong = misuse(`${pathname.slice(0, 128)} takes ${allow}, not ${method}`);
      return sendError(response, wrong, 405, { Allow: allow });
    }
    const { client, release } = await parts.clients.acquire(
      await callerKey(request, parts.keyOf, route.anyone),
    );
    try {
      await action(parts, {
        client,
        signal: AbortSignal.any([gone.signal, parts.shutdown]),
        id: decoded(route.path.exec(pathname)?.[1] ?? ""),
        query: searchParams,
        json: async () => jsonBody(await wholeBody(boundedBody(request, parts.limits, parts.timer))),
        request,
        response,
      });
    } finally {
      release();
    }
  } catch (thrown) {
    if (response.headersSent) response.destroy();
    else sendError(response, parts.shutdown.aborted ? goingAway() : ArqonError.from(thrown));
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw misuse(`"${text.slice(0, 128)}" in the path is not well encoded`, cause);
  }
}

async function postJob({ jobs }: GatewayParts, asked: Asked): Promise<void> {
  const request = messageBody(SubmitJobRequestSchema, await asked.json());
  accepted(asked.response, await jobs.submit(asked, request));
}

async function postCircuit({ jobs, entropy }: GatewayParts, asked: Asked): Promise<void> {
  accepted(asked.response, await jobs.submit(asked, circuitJob(await asked.json(), entropy)));
}

function accepted(response: GatewayResponse, answer: { job: JobState; duplicate: boolean }): void {
  const headers = { Location: `/v1/jobs/${answer.job.jobId}` };
  sendMessage(response, SubmitJobResponseSchema, answer, 202, headers);
}

async function getJob({ jobs }: GatewayParts, asked: Asked): Promise<void> {
  sendMessage(asked.response, GetJobResponseSchema, await jobs.get(asked, wanted(asked)));
}

async function deleteJob({ jobs }: GatewayParts, asked: Asked): Promise<void> {
  const reason = asked.query.get("reason") ?? "";
  const request = create(CancelJobRequestSchema, { jobId: asked.id, reason });
  sendMessage(asked.response, CancelJobResponseSchema, await jobs.cancel(asked, request));
}

/** The bytes of the answer, as what they are. */
async function getOutput({ jobs }: GatewayParts, asked: Asked): Promise<void> {
  const { result, jobId, status } = (await jobs.get(asked, wanted(asked))).job;
  if (!result)
    throw new ArqonError("DEADLINE_EXCEEDED", `job ${jobId} is not finished`, {
      remedy: "Ask again, or with ?wait_ms=60000.",
    });
  if (result.error?.code) throw errorFromInfo(result.error);
  if (status !== JobStatus.SUCCEEDED)
    throw new ArqonError("EXECUTION_FAILED", `job ${jobId} did not succeed`);
  if (result.outputOmitted)
    throw new ArqonError("LIMIT_EXCEEDED", `the output of job ${jobId} is too large for a message`, {
      remedy: `Read it from the archive: /v1/artifacts/${result.artifactId}`,
    });
  const type = MEDIA_TYPE.test(result.outputMediaType) ? result.outputMediaType : "application/octet-stream";
  send(asked.response, 200, type, result.output);
}

async function getArtifact({ jobs }: GatewayParts, asked: Asked): Promise<void> {
  const pieces = jobs.artifact(asked, create(GetArtifactRequestSchema, { artifactId: asked.id }));
  const first = await pieces.next();
  if (first.done) throw new ArqonError("INTERNAL", "an artifact without bytes");
  asked.response.writeHead(200, {
    ...FIXED_HEADERS,
    "Content-Type": "application/zip",
    "Content-Length": String(first.value.chunk.totalBytes),
  });
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    yield first.value.chunk.data;
    for await (const { chunk } of pieces) yield chunk.data;
  };
  await pipeline(Readable.from(bytes(), { objectMode: false }), asked.response as NodeJS.WritableStream);
}

function getLogFile(_: GatewayParts, asked: Asked): Promise<void> {
  return sendLogFile(asked, asked.id, asked.request, asked.response);
}

const MEDIA_TYPE = /^[\w.+-]{1,64}\/[\w.+-]{1,64}(?:; ?[\w-]{1,32}=[\w.-]{1,64}){0,4}$/;

function wanted({ id, query }: Asked): GetJobRequest {
  const text = query.get("wait_ms") ?? "0";
  if (!/^[0-9]{1,9}$/.test(text)) throw misuse(`wait_ms is "${text.slice(0, 32)}", expected milliseconds`);
  return create(GetJobRequestSchema, { jobId: id, waitMs: Number(text) });
}

function sendMessage<D extends DescMessage>(
  response: GatewayResponse,
  schema: D,
  message: MessageInitShape<D>,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(toJson(schema, create(schema, message)), null, 2);
  send(response, status, "application/json", utf8(`${text}\n`), headers);
}
