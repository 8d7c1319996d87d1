/** Operators: workers that serve a topic of jobs. */
import { ArqonError } from "@arqon/core/base";
import { requireFilter } from "@arqon/core/wire";
import { requireText } from "./argument.ts";
import { Client } from "./client.ts";
import type { HandleOutput, JobContext, LeasedJob } from "./leased-job.ts";
import { type ConnectOptions, type SamInit, settle } from "./options.ts";
import { Serving } from "./serving.ts";
import { Session } from "./session.ts";

/** An operator: which jobs, and what to do with one. */
export interface OperatorOptions extends ConnectOptions {
  /** Ends in ".jobs"; wildcards are allowed. */
  readonly topic: string;
  /** Operators of one group share the jobs. Default "operators". */
  readonly queueGroup?: string;
  /** Jobs handled at the same time. Default 1. */
  readonly maxInFlight?: number;
  /** How long a cancelled handler may take before `CANCELLED` is reported without it. Default 5 s. */
  readonly cancelGraceMs?: number;
  /** Tells on a topic, by ephemeral JSON, that the operator lives and how busy it is; see {@link OperatorHeartbeat}. */
  readonly heartbeat?: { readonly topic: string /** Default 10 s. */; readonly everyMs?: number };
  /** Does the work. What it throws becomes the job's error; after an abort it should stop soon, by throwing or returning. */
  readonly handle: (job: LeasedJob, context: JobContext) => HandleOutput | Promise<HandleOutput>;
}

/** What a heartbeat says. */
export interface OperatorHeartbeat {
  /** The topic of jobs it serves. */
  readonly topic: string;
  readonly queueGroup: string;
  readonly inFlight: number;
  readonly maxInFlight: number;
  /** Jobs handled so far. */
  readonly handled: number;
  readonly state: "serving" | "draining";
}

/** A running operator. */
export interface Operator extends AsyncDisposable {
  readonly client: Client;
  /** Jobs being handled now. */
  readonly inFlight: number;
  /** Takes no more jobs, lets running ones finish for `graceMs` (default 10 s), gives back the rest, and disconnects. */
  drain(options?: { readonly graceMs?: number }): Promise<void>;
}

/**
 * Connects and serves jobs until drained.
 * @throws ArqonError `TOPIC_INVALID`, `PERMISSION_DENIED`, and what `connect` can throw.
 */
export async function operator(options: OperatorOptions): Promise<Operator> {
  requireFilter(requireText("topic", options.topic));
  const { maxInFlight = 1 } = options;
  if (!Number.isSafeInteger(maxInFlight) || maxInFlight < 1)
    throw new ArqonError("USAGE", `maxInFlight is ${maxInFlight}, needs 1 or more`);
  const sam: SamInit = { operatorType: "operator", ...options.sam };
  const limits: SamInit["limits"] = { ...sam.limits, maxInFlight } as SamInit["limits"];
  const session = new Session(settle({ ...options, sam: { ...sam, ...(limits && { limits }) } }));
  const client = new Client(session);
  const serving = session.add(new Serving(session, client, options));
  await client.start();
  try {
    await serving.begin(client.internals.subscriptions);
    serving.beat();
  } catch (thrown) {
    await client.close();
    throw thrown;
  }
  const drain = async ({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> => {
    await serving.drain(graceMs);
    await client.close();
  };
  return {
    client,
    get inFlight(): number {
      return serving.inFlight;
    },
    drain,
    [Symbol.asyncDispose]: () => drain(),
  };
}
