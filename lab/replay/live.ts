/** Runs a deterministic operator on the bus, and has everything logged that a replay needs. */
import {
  ArqonError,
  type Cancel,
  type Json,
  systemClock,
  systemEntropy,
  systemTimer,
  type Timer,
  uuidv7Generator,
} from "@arqon/core/base";
import type { Client, Subscription } from "@arqon/sdk";
import { ReplayInput } from "./input.ts";
import { callRecord, endRecord, realitySeed, runRecord, timerMessage } from "./journal.ts";
import { type DeterministicOperator, filtersOf } from "./operator.ts";
import { canonicalOutput, OutputChain } from "./output.ts";
import { Pipeline } from "./pipeline.ts";
import { Step } from "./step.ts";

/** How to run. */
export interface LiveOptions {
  /** Default: follows from the Reality and its epoch. */
  readonly seed?: bigint;
  /** What it runs on, for people, e.g. "node 26.10.0". */
  readonly environment?: string;
  /** Ends after that many messages; by default it runs until it is stopped. */
  readonly maxInputs?: number;
  /** Told of what a handler throws; the message then has no outputs, and the next one is handled. */
  readonly onError?: (error: ArqonError, input: ReplayInput) => void;
  readonly timer?: Timer;
  /** Makes the id of the run, a UUIDv7. */
  readonly newId?: () => string;
}

/** What a run gave. */
export interface LiveSummary {
  readonly operator: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Head of the chain over its outputs. */
  readonly chain: string;
}

/** A running operator. */
export interface LiveRun {
  /** Resolves when it has ended. Rejects with what ended it otherwise. */
  readonly done: Promise<LiveSummary>;
  /** Ends it after the message at hand. */
  stop(): Promise<LiveSummary>;
}

/**
 * Starts an operator with fresh state on what is logged from now on.
 * @param client  may subscribe to the operator's inputs, and publish its outputs, `journal.<id>.>` and `timer.<id>.>`.
 * @throws ArqonError `TOPIC_INVALID`, `PERMISSION_DENIED`
 */
export async function runLive(
  client: Client,
  operator: DeterministicOperator,
  options: LiveOptions = {},
): Promise<LiveRun> {
  const filters = filtersOf(operator);
  const seed = options.seed ?? realitySeed(client.reality, client.epoch);
  const runId = (options.newId ?? uuidv7Generator(systemClock, systemEntropy))();
  const begun = await client.publishEnvelope(
    runRecord(operator.id, runId, seed, options.environment ?? `node ${process.versions.node}`),
  );
  const fromSequence = (begun.sequence ?? 0) + 1;
  const inputs = await client.subscribe(coveringFilter(filters), { fromSequence });
  const stopping = new AbortController();
  const done = live(client, operator, { ...options, seed, runId, inputs, stopping: stopping.signal });
  return {
    done,
    stop: async () => {
      stopping.abort();
      await inputs.close();
      return done;
    },
  };
}

interface Running extends LiveOptions {
  readonly seed: bigint;
  readonly runId: string;
  readonly inputs: Subscription;
  /** What has arrived and was not begun is left to the next run. */
  readonly stopping: AbortSignal;
}

async function live(client: Client, operator: DeterministicOperator, run: Running): Promise<LiveSummary> {
  const {
    maxInputs = Number.POSITIVE_INFINITY,
    timer = systemTimer({ hold: true }),
    onError = () => {},
  } = run;
  const { id } = operator;
  const pipeline = new Pipeline(client);
  const chain = new OutputChain();
  const timers = new Set<Cancel>();
  const step = new Step(operator, run.seed, {
    external: async (name, cause, index, ask): Promise<Json> => {
      const answer = await ask();
      await client.publishEnvelope(callRecord(id, name, cause, index, answer));
      return answer;
    },
    wake: (name, cause, index, delayMs) => {
      const due = timerMessage(id, name, cause.id, index, cause.timeUs + Math.round(delayMs * 1000));
      const cancel = timer.after(delayMs, () => {
        timers.delete(cancel);
        // A failure shows with the next publication.
        pipeline.publish(due).catch(() => {});
      });
      timers.add(cancel);
    },
  });
  let inputs = 0;
  let handled = 0;
  try {
    for await (const message of run.inputs) {
      if (run.stopping.aborted) break;
      if (!message.isLogged || !step.listens(message.topic)) continue;
      const input = new ReplayInput(message.envelope, {
        sequence: message.sequence,
        timeUs: message.timestampUs,
      });
      const outputs = await step.handle(input).catch((thrown: unknown) => {
        if (thrown instanceof TypeError) throw thrown;
        onError(ArqonError.from(thrown), input);
        return [];
      });
      for (const output of outputs) {
        chain.add(canonicalOutput(output));
        await pipeline.publish(output);
      }
      handled = message.sequence;
      if (++inputs >= maxInputs) break;
    }
  } finally {
    // Who set them is gone; none may keep the process, or speak after the end of the run.
    for (const cancel of timers) cancel();
  }
  await pipeline.flush();
  await client.publishEnvelope(endRecord(id, run.runId, handled));
  return { operator: id, inputs, outputs: chain.length, chain: chain.head };
}

/** One filter for all: one subscription has one order. */
export function coveringFilter(filters: readonly string[]): string {
  const [first = ">", ...rest] = filters;
  if (rest.length === 0) return first;
  const tokens = filters.map((filter) => filter.split("."));
  const shared: string[] = [];
  for (const token of tokens[0] ?? []) {
    const isShared = tokens.every(
      (other) => other.length > shared.length + 1 && other[shared.length] === token,
    );
    if (!isShared || token === "*" || token === ">") break;
    shared.push(token);
  }
  return [...shared, ">"].join(".");
}
