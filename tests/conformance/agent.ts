/** Drives the TypeScript SDK by commands on stdin; see README.md. */
import { createInterface } from "node:readline";
import {
  ArqonError,
  type ErrorCode,
  fromBase64,
  type Json,
  type JsonObject,
  toBase64,
} from "@arqon/core/base";
import {
  type CalibrationOptions,
  type ClassifyOptions,
  type Client,
  connect,
  type GradientOptions,
  type HistoryOptions,
  type JobInit,
  type Operator,
  openGlobalSocket,
  operator,
  type PublishOptions,
  type ReadStreamOptions,
  type Samples,
  type StreamOptions,
  type StreamSummary,
  type Subscription,
  type SweepOptions,
  type ValidateOptions,
} from "@arqon/sdk";
import { behave } from "./behaviours.ts";
import { messageForm, payloadForm, payloadFrom, stateForm } from "./forms.ts";

type Args = JsonObject;
interface Opened {
  readonly url: string;
  readonly apiKey: string;
  readonly client: Client;
}
interface Running {
  readonly operator: Operator;
  readonly jobs: { jobId: string; attempt: number }[];
  readonly release: () => void;
}

const clients = new Map<string, Opened>();
const subscriptions = new Map<string, Subscription>();
const operators = new Map<string, Running>();

function named<T>(table: Map<string, T>, args: Args, key: string): T {
  const found = table.get(String(args[key]));
  if (!found) throw new TypeError(`no ${key} "${String(args[key])}"`);
  return found;
}
const clientOf = (args: Args): Client => named(clients, args, "client").client;
const log = (error: ArqonError): void => console.error(`${error.code}: ${error.message}`);

/** The arguments of these names that are present, as options of the SDK, which have the same names. */
function pick<T extends object>(args: Args, ...names: string[]): T {
  return Object.fromEntries(names.filter((name) => name in args).map((name) => [name, args[name]])) as T;
}

const GRADIENT = ["observable", "parameters", "shots", "level", "seed", "backend"];

const reconnect = { firstDelayMs: 20, maxDelayMs: 200 };

const COMMANDS: Record<string, (args: Args) => Promise<Json>> = {
  async connect(args) {
    const { url, apiKey } = args as { url: string; apiKey: string };
    const [firstDelayMs, maxDelayMs] = (args["reconnectMs"] as number[] | undefined) ?? [20, 200];
    // Without Node's sockets, as in a browser; other SDKs have one way only.
    const openSocket = args["transport"] === "browser" ? { openSocket: openGlobalSocket } : {};
    const reconnect = { firstDelayMs: firstDelayMs as number, maxDelayMs: maxDelayMs as number };
    const client = await connect({
      ...pick(args, "reality"),
      ...(args["window"] ? { receiveWindow: args["window"] as { messages: number; bytes: number } } : {}),
      url,
      apiKey,
      reconnect,
      onError: log,
      ...openSocket,
    });
    clients.set(String(args["client"]), { url, apiKey, client });
    const { principal, connectionId, epoch, reality } = client;
    return { principal, connectionId, epoch, reality };
  },
  async close(args) {
    await clientOf(args).close();
    return {};
  },
  async flush(args) {
    await clientOf(args).flush();
    return {};
  },
  async publish(args) {
    const options = pick<PublishOptions>(args, "durability", "schema", "id", "replyTo", "trace");
    const payload = payloadFrom(args["payload"] as JsonObject);
    const published = await clientOf(args).publish(String(args["topic"]), payload, options);
    return {
      id: published.id,
      sequence: published.sequence ?? null,
      duplicate: published.duplicate ?? null,
    };
  },
  async subscribe(args) {
    const options = pick<{ queueGroup?: string; fromSequence?: number }>(args, "queueGroup", "fromSequence");
    const subscription = await clientOf(args).subscribe(String(args["filter"]), options);
    subscriptions.set(String(args["sub"]), subscription);
    return {};
  },
  async unsubscribe(args) {
    await named(subscriptions, args, "sub").close();
    return {};
  },
  async receive(args) {
    const subscription = named(subscriptions, args, "sub");
    const messages: JsonObject[] = [];
    const signal = AbortSignal.timeout(Number(args["timeoutMs"]));
    while (messages.length < Number(args["count"])) {
      const message = await subscription.next({ signal }).catch((thrown) => {
        if (signal.aborted) return undefined;
        throw thrown;
      });
      if (!message) break;
      messages.push(messageForm(message));
    }
    return { messages };
  },
  async request(args) {
    const payload = payloadFrom(args["payload"] as JsonObject);
    const timeoutMs = Number(args["timeoutMs"]);
    const reply = await clientOf(args).request(String(args["topic"]), payload, { timeoutMs });
    return { payload: payloadForm(reply) };
  },
  async respond(args) {
    const options = pick<{ queueGroup?: string }>(args, "queueGroup");
    const responder = await clientOf(args).respond(
      String(args["topic"]),
      (request) => {
        if (args["mode"] === "fail") throw new ArqonError("CAPABILITY_REFUSED", "refused as told");
        return payloadFrom(payloadForm(request));
      },
      options,
    );
    subscriptions.set(String(args["responder"]), responder);
    return {};
  },
  async submit(args) {
    const init = pick<JobInit>(
      args,
      "schema",
      "program",
      "programMediaType",
      "parameters",
      "constraints",
      "name",
      "id",
      "effect",
      "maxAttempts",
    );
    const deadlineMs = args["deadlineMs"];
    const deadline =
      typeof deadlineMs === "number" ? { deadlineUs: (Date.now() + deadlineMs) * 1000 } : undefined;
    const job = await clientOf(args).submit(String(args["topic"]), { ...init, ...deadline });
    return { jobId: job.id, duplicate: job.duplicate };
  },
  async job(args) {
    return stateForm(await clientOf(args).job(String(args["jobId"])).state());
  },
  async result(args) {
    const job = clientOf(args).job(String(args["jobId"]));
    const wait = { timeoutMs: Number(args["timeoutMs"]) };
    if (args["sealed"]) {
      await job.sealed(wait);
      return stateForm(await job.state(wait));
    }
    return stateForm(await job.finished(wait));
  },
  async states(args) {
    const states: JsonObject[] = [];
    const wait = { timeoutMs: Number(args["timeoutMs"]) };
    for await (const state of clientOf(args).job(String(args["jobId"])).states(wait)) {
      states.push(stateForm(state));
      if (["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "DEAD"].includes(String(states.at(-1)?.["status"])))
        break;
    }
    return { states };
  },
  async cancel(args) {
    await clientOf(args)
      .job(String(args["jobId"]))
      .cancel(String(args["reason"] ?? ""));
    return {};
  },
  async history(args) {
    const { max = Number.POSITIVE_INFINITY } = args as { max?: number };
    const options = pick<HistoryOptions>(
      args,
      "filter",
      "fromSequence",
      "toSequence",
      "fromUs",
      "toUs",
      "pageSize",
    );
    const messages: JsonObject[] = [];
    for await (const message of clientOf(args).history(options)) {
      messages.push(messageForm(message));
      if (messages.length >= max) break;
    }
    return { messages };
  },
  async operate(args) {
    const { url, apiKey, client } = named(clients, args, "client");
    const { promise, resolve } = Promise.withResolvers<void>();
    const handle = behave(args["behaviour"] as JsonObject, promise);
    const jobs: Running["jobs"] = [];
    const running = await operator({
      reality: client.reality,
      url,
      apiKey,
      reconnect,
      onError: log,
      topic: String(args["topic"]),
      ...pick<{ maxInFlight?: number; queueGroup?: string }>(args, "maxInFlight", "queueGroup"),
      handle: (job, context) => {
        jobs.push({ jobId: job.id, attempt: job.attempt });
        return handle(job, context);
      },
    });
    operators.set(String(args["operator"]), { operator: running, jobs, release: resolve });
    return {};
  },
  async operated(args) {
    return { jobs: [...named(operators, args, "operator").jobs] };
  },
  async release(args) {
    named(operators, args, "operator").release();
    return {};
  },
  async writeStream(args) {
    const options = { mediaType: String(args["mediaType"]), ...pick<StreamOptions>(args, "parameters") };
    const id = args["streamId"];
    const writer = await clientOf(args).openStream(String(args["topic"]), {
      ...options,
      ...(typeof id === "string" && { id }),
    });
    for (const chunk of args["chunks"] as string[]) await writer.write(fromBase64(chunk));
    const abort = args["abort"] as { code: ErrorCode; message: string } | undefined;
    if (args["leave"]) return { streamId: writer.id };
    if (!abort) return { ...(await writer.end()) };
    await writer.abort(new ArqonError(abort.code, abort.message));
    return { streamId: writer.id };
  },
  async readStream(args) {
    const signal = AbortSignal.timeout(Number(args["timeoutMs"]));
    const options = { signal, ...pick<ReadStreamOptions>(args, "streamId", "fromSequence") };
    const reader = await clientOf(args).readStream(String(args["filter"]), options);
    const chunks: string[] = [];
    for await (const data of reader) chunks.push(toBase64(data));
    const { mediaType, parameters } = reader;
    return { summary: { ...(reader.summary as StreamSummary) }, chunks, mediaType, parameters };
  },
  async sweep(args) {
    const progress: number[] = [];
    const { rows } = await clientOf(args).sweep({
      ...pick<Pick<SweepOptions, "concurrency" | "onError" | "timeoutMs">>(
        args,
        "concurrency",
        "onError",
        "timeoutMs",
      ),
      ...(typeof args["sweepId"] === "string" && { id: args["sweepId"] }),
      topic: String(args["topic"]),
      points: args["points"] as SweepOptions["points"],
      job: (parameters) => ({
        ...pick<Pick<JobInit, "schema" | "program">>(args, "schema", "program"),
        parameters,
      }),
      onProgress: ({ done }) => progress.push(done),
    });
    const shown = rows.map(({ point, output, error }) => ({
      point,
      output: output ? output.json() : null,
      error: error?.code ?? null,
    }));
    return { rows: shown, progress };
  },
  async gradient(args) {
    const { qasm, name, ...options } = pick<JsonObject>(args, "qasm", "name", ...GRADIENT);
    const asked = { ...options, name } as unknown as GradientOptions;
    return { ...(await clientOf(args).gradient(String(qasm), asked)) } as unknown as Json;
  },
  async classify(args) {
    const options = pick<ClassifyOptions>(args, "method", "qubits", "shots", "epochs", "seed", "name");
    const samples = pick<Samples>(args, "features", "labels", "unseen", "truth");
    return { ...(await clientOf(args).classify(samples, options)) } as unknown as Json;
  },
  async validate(args) {
    const constraints = args["constraints"] as JsonObject | readonly JsonObject[];
    const options = pick<ValidateOptions>(args, "name");
    const judged = await clientOf(args).validate(String(args["artifactId"]), constraints, options);
    return { ...judged } as unknown as Json;
  },
  async calibration(args) {
    const options = pick<CalibrationOptions>(args, "backend", "name");
    return { ...(await clientOf(args).calibration(args["values"] as JsonObject, options)) };
  },
  async drain(args) {
    await named(operators, args, "operator").operator.drain({ graceMs: Number(args["graceMs"] ?? 0) });
    return {};
  },
};

async function answer(line: string): Promise<void> {
  const { id, cmd, args } = JSON.parse(line) as { id: number; cmd: string; args: Args };
  let outcome: JsonObject;
  try {
    const command = COMMANDS[cmd];
    if (!command) throw new TypeError(`no command "${cmd}"`);
    outcome = { id, ok: true, value: await command(args) };
  } catch (thrown) {
    const { code, message } = ArqonError.from(thrown);
    outcome = { id, ok: false, error: { code, message } };
  }
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => void answer(line));
lines.on("close", () => process.exit(0));
process.stdout.write(`${JSON.stringify({ ready: true, sdk: "typescript" })}\n`);
