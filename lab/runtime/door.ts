/**
 * The one door to every backend: authorise, validate, inject calibration, permit, plugin, record, telemetry.
 * The first four can refuse; the last two happen whatever became of the others.
 */
import { ArqonError, type Clock, type Timer } from "@arqon/core/base";
import { type CalibrationSource, inject, NOTHING_INJECTED } from "./calibration.ts";
import type { Execution } from "./execution.ts";
import { CALIBRATE_KIND, type Operation } from "./operation.ts";
import type { Permit, Plugin, PluginChunk, PluginContext, PluginResult } from "./plugin.ts";
import type { ExecutePolicy } from "./policy.ts";
import { recordExecution } from "./recorder.ts";
import { insideOf, type PluginRegistry, pluginOf } from "./registry.ts";
import type { Run } from "./run.ts";
import { type Duty, Trail } from "./span.ts";
import { type RuntimeLimits, runWithin, validate } from "./validation.ts";

/** Everything the door needs to know besides the operation. */
export interface ExecContext {
  readonly registry: PluginRegistry;
  readonly policy: ExecutePolicy;
  readonly limits: RuntimeLimits;
  readonly clock: Clock;
  /** Holds operations to `limits.timeMs`. */
  readonly timer: Timer;
  /** The run that this execution becomes part of; it knows the principal. */
  readonly run: Run;
  /** Aborted to cancel. */
  readonly signal: AbortSignal;
  readonly calibrations?: CalibrationSource;
  progress?(fraction: number, note: string): void;
  /** Receives the pieces of plugins that stream. */
  chunk?(chunk: PluginChunk): void;
  /** Told of every finished execution. A failure in it changes nothing. */
  telemetry?(execution: Execution): void;
}

/**
 * Does one operation on one backend. It never rejects for what the operation deserves: a refusal or failure is a
 * recorded execution as well, and is sealed like one.
 *
 * @throws TypeError when the run is sealed already.
 */
export function execute(operation: Operation, context: ExecContext): Promise<Execution> {
  return pass(operation, context, (plugin, permit, tools) =>
    context.chunk && plugin.stream
      ? gather(plugin.stream(operation, permit, tools), context.chunk)
      : plugin.execute(operation, permit, tools),
  );
}

/**
 * Measures a device anew, through the same door. Its one result is "calibration.json".
 * @param told  what a device that cannot be measured, such as a simulated one, is told to be: JSON.
 */
export function calibrate(
  backendId: string,
  context: ExecContext,
  told?: { readonly program: Uint8Array; readonly name: string },
): Promise<Execution> {
  const operation: Operation = {
    kind: CALIBRATE_KIND,
    backendId,
    program: told?.program ?? new Uint8Array(0),
    programMediaType: told ? "application/json" : "",
    name: told?.name ?? `calibrate ${backendId}`,
    parameters: {},
    seed: 0n,
  };
  return pass(operation, context, async (plugin, permit, tools) => {
    const calibration = await (plugin.calibrate as NonNullable<Plugin["calibrate"]>)(
      operation,
      permit,
      tools,
    );
    const { id, takenAt, values } = calibration;
    return {
      results: [{ name: "calibration.json", value: { id, values } }],
      notes: { takenAt },
      warnings: [],
    };
  });
}

type Call = (plugin: Plugin, permit: Permit, tools: PluginContext) => Promise<PluginResult>;

async function pass(operation: Operation, context: ExecContext, call: Call): Promise<Execution> {
  const { registry, run, clock } = context;
  const id = run.begin();
  const trail = new Trail(clock);
  const reached: { duty: Duty } = { duty: "authorise" };
  let error: ArqonError | undefined;
  let result: PluginResult | undefined;
  let manifest: Execution["manifest"];
  let estimate: Execution["estimate"];
  let injected = NOTHING_INJECTED;
  const step = <T>(name: Duty, work: () => T | Promise<T>): Promise<T> => {
    reached.duty = name;
    return trail.span(name, work);
  };

  try {
    await step("authorise", () => authorise(operation, context));
    const plugin = await step("validate", async () => {
      const found = pluginOf(registry, operation.backendId);
      manifest = found.manifest;
      estimate = await validate(found, operation, context.limits);
      return found;
    });
    injected = await step("inject", () => inject(plugin, operation, context.calibrations));
    const { office } = insideOf(registry);
    const permit = await step("permit", () => {
      if (context.signal.aborted) throw new ArqonError("CANCELLED", `${id} was cancelled before it began`);
      return office.issue(id, operation);
    });
    result = await step("plugin", async () => {
      try {
        const answer = await runWithin(context, (signal) =>
          call(plugin, permit, {
            clock,
            signal,
            calibration: injected.calibration,
            progress: (fraction, note) => context.progress?.(fraction, note),
          }),
        );
        if (!office.wasHonoured(permit)) throw bypassed(plugin);
        return answer;
      } finally {
        office.withdraw(permit);
      }
    });
  } catch (thrown) {
    error = ArqonError.from(thrown, reached.duty === "plugin" ? "EXECUTION_FAILED" : "INTERNAL");
  }

  const failedAt = reached.duty;
  const execution = await step("record", () =>
    recordExecution({ id, operation, manifest, estimate, injected, result, error, failedAt, trail }),
  );
  await step("telemetry", () => {
    try {
      context.telemetry?.(execution);
    } catch {
      // Telemetry is a view: what it loses, the record has.
    }
  });
  run.finish(execution);
  return execution;
}

function authorise({ backendId }: Operation, { policy, run }: ExecContext): void {
  const target = `backend.${backendId}`;
  if (policy.mayExecute(run.info.principal, target) !== true)
    throw new ArqonError(
      "CAPABILITY_REFUSED",
      `${run.info.principal} may not execute on ${target}; it takes can_execute:${target}`,
      { details: { capability: `can_execute:${target}` } },
    );
}

function bypassed({ manifest }: Plugin): ArqonError {
  return new ArqonError(
    "PERMIT_INVALID",
    `backend ${manifest.id} answered without using its permit; the answer was dropped`,
  );
}

async function gather(
  chunks: AsyncIterable<PluginChunk>,
  tell: (chunk: PluginChunk) => void,
): Promise<PluginResult> {
  const latest = new Map<string, PluginChunk["results"][number]>();
  let count = 0;
  for await (const chunk of chunks) {
    for (const result of chunk.results) latest.set(result.name, result);
    tell(chunk);
    count++;
  }
  return { results: [...latest.values()], notes: { chunks: count }, warnings: [] };
}
