import { ArqonError, ManualTime } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import { codeAndDuty, coinPlugin, contextFor, toss } from "./coin.fixture.ts";
import { calibrate, execute } from "./door.ts";
import type { Calibration, PluginChunk, PluginContext } from "./plugin.ts";
import { capabilityPolicy } from "./policy.ts";
import { DUTIES } from "./span.ts";

const CALIBRATION: Calibration = { id: "cal-1", takenAt: "2026-01-01T00:00:00.000Z", values: { t1Us: 80 } };

describe("the door", () => {
  test("does its seven duties in order, each under a span by the injected clock", async () => {
    const time = new ManualTime();
    const slow = coinPlugin(
      {},
      {
        health: async () => {
          time.advance(3);
          return { ok: true, note: "" };
        },
      },
    );
    const execution = await execute(toss(), contextFor(slow, { clock: time }));
    expect(execution.status).toBe("succeeded");
    expect(execution.spans.map(({ name }) => name)).toEqual([...DUTIES]);
    const validate = execution.spans[1];
    expect(validate).toMatchObject({
      name: "validate",
      startUnixUs: 1_767_225_600_000_000,
      durationMs: 3,
      ok: true,
    });
    expect(execution.spans[2]?.startUnixUs).toBe(1_767_225_600_003_000);
  });

  test("records inputs, outputs and the calibration that was injected", async () => {
    let seen: Calibration | undefined;
    const context = contextFor(
      (redeem) => ({
        ...coinPlugin()(redeem),
        execute: async (operation, permit, tools) => {
          redeem(permit, operation);
          seen = tools.calibration;
          return { results: [{ name: "a.json", value: [1, 2] }], notes: { n: 1 }, warnings: ["w"] };
        },
      }),
      {
        calibrations: {
          current: async () => CALIBRATION,
          compensate: () => ({ method: "linear-drift", parameters: { slope: 0.5 } }),
        },
      },
    );
    const execution = await execute(toss(), context);
    expect(seen?.values["compensation"]).toEqual({ method: "linear-drift", parameters: { slope: 0.5 } });
    expect(execution).toMatchObject({
      calibration: { id: "cal-1" },
      compensation: { method: "linear-drift" },
      warnings: ["w"],
      operationSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      outputSha256: { "a.json": "49a64717d5d4cb19952e6eac2946415cf6879adacf9908e7d872332d32c6e684" },
    });
  });

  test("a simulator without noise gets no calibration, and that is recorded", async () => {
    const execution = await execute(toss(), contextFor(coinPlugin()));
    expect(execution.calibration).toBeUndefined();
    expect(execution.compensation).toEqual({ method: "none", parameters: {} });
  });

  test("telemetry sees every execution, and cannot break one", async () => {
    const seen: string[] = [];
    const telemetry = (execution: { status: string }): void => {
      seen.push(execution.status);
      throw new Error("the collector is down");
    };
    await execute(toss(), contextFor(coinPlugin(), { telemetry }));
    await execute(toss({ kind: "coin.eat" }), contextFor(coinPlugin(), { telemetry }));
    expect(seen).toEqual(["succeeded", "refused"]);
  });

  test("streams pieces on, and keeps the last of each name", async () => {
    const chunks: PluginChunk[] = [];
    const context = contextFor(
      (redeem) => ({
        ...coinPlugin()(redeem),
        stream: async function* (operation, permit) {
          redeem(permit, operation);
          yield { index: 0, results: [{ name: "counts.json", value: { "0": 1 } }] };
          yield { index: 1, results: [{ name: "counts.json", value: { "0": 2 } }] };
        },
      }),
      { chunk: (chunk) => chunks.push(chunk) },
    );
    const execution = await execute(toss(), context);
    expect(chunks.map(({ index }) => index)).toEqual([0, 1]);
    expect(execution.results).toEqual([{ name: "counts.json", value: { "0": 2 } }]);
  });

  test("calibration goes through the same duties", async () => {
    const context = contextFor((redeem) => ({
      ...coinPlugin({ needsCalibration: true })(redeem),
      calibrate: async (operation, permit) => {
        redeem(permit, operation);
        return CALIBRATION;
      },
    }));
    const execution = await calibrate("sim-coin", context);
    expect(execution.spans.map(({ name }) => name)).toEqual([...DUTIES]);
    expect(execution.results).toEqual([
      { name: "calibration.json", value: { id: "cal-1", values: { t1Us: 80 } } },
    ]);
    expect(codeAndDuty(await calibrate("sim-coin", contextFor(coinPlugin())))).toEqual({
      code: "BACKEND_UNSUITABLE",
      duty: "validate",
    });
  });
});

describe("a refusal is recorded with its duty, and nothing after it is done", () => {
  const unhealthy = { health: async () => ({ ok: false, note: "warming up" }) };
  const heavy = { estimate: () => ({ qubits: 1, memoryBytes: 4096, timeMs: 1 }) };
  const wide = { estimate: () => ({ qubits: 5, memoryBytes: 1, timeMs: 1 }) };
  const slow = { estimate: () => ({ qubits: 1, memoryBytes: 1, timeMs: 5000 }) };
  const unread = {
    estimate: () => {
      throw new ArqonError("QASM_SYNTAX", "toss.qasm:1:2: expected a coin");
    },
  };
  const cases = [
    [
      "an unknown principal",
      coinPlugin(),
      toss(),
      { policy: capabilityPolicy({}) },
      "CAPABILITY_REFUSED",
      "authorise",
    ],
    [
      "a capability for another backend",
      coinPlugin(),
      toss(),
      { policy: capabilityPolicy({ ada: ["can_execute:backend.other", "can_publish:>"] }) },
      "CAPABILITY_REFUSED",
      "authorise",
    ],
    ["an unknown backend", coinPlugin(), toss({ backendId: "sim-die" }), {}, "BACKEND_UNKNOWN", "validate"],
    [
      "a kind it does not accept",
      coinPlugin(),
      toss({ kind: "coin.eat" }),
      {},
      "BACKEND_UNSUITABLE",
      "validate",
    ],
    ["a program it cannot read", coinPlugin({}, unread), toss(), {}, "QASM_SYNTAX", "validate"],
    ["too many qubits", coinPlugin({}, wide), toss(), {}, "LIMIT_EXCEEDED", "validate"],
    ["too much memory", coinPlugin({}, heavy), toss(), {}, "LIMIT_EXCEEDED", "validate"],
    ["too long an estimate", coinPlugin({}, slow), toss(), {}, "LIMIT_EXCEEDED", "validate"],
    ["ill health", coinPlugin({}, unhealthy), toss(), {}, "BACKEND_UNSUITABLE", "validate"],
    [
      "a missing calibration",
      coinPlugin({ needsCalibration: true }),
      toss(),
      {},
      "BACKEND_UNSUITABLE",
      "inject",
    ],
    ["a cancelled job", coinPlugin(), toss(), { signal: AbortSignal.abort() }, "CANCELLED", "permit"],
  ] as const;

  test.each(cases)("%s", async (_name, factory, operation, changes, code, duty) => {
    let touched = false;
    const watched: typeof factory = (redeem) => ({
      ...factory(redeem),
      execute: async () => {
        touched = true;
        return { results: [], notes: {}, warnings: [] };
      },
    });
    const context = contextFor(watched, changes);
    const execution = await execute(operation, context);
    expect(codeAndDuty(execution)).toEqual({ code, duty });
    expect(execution.status).toBe(code === "CANCELLED" ? "cancelled" : "refused");
    expect(touched).toBe(false);
    const done = DUTIES.slice(0, DUTIES.indexOf(duty) + 1);
    expect(execution.spans.map(({ name }) => name)).toEqual([...done, "record", "telemetry"]);
    expect(execution.spans.at(done.length - 1)?.ok).toBe(false);
    expect(context.run.executions).toEqual([execution]);
  });
});

describe("while the plugin works", () => {
  const never = coinPlugin({}, {});
  const hanging =
    (heard: (tools: PluginContext) => void): typeof never =>
    (redeem) => ({
      ...never(redeem),
      execute: (operation, permit, tools) => {
        redeem(permit, operation);
        heard(tools);
        return new Promise(() => {});
      },
    });

  test("time over the limit ends it, also when the plugin does not listen", async () => {
    const time = new ManualTime();
    const started = Promise.withResolvers<PluginContext>();
    const running = execute(toss(), contextFor(hanging(started.resolve), { clock: time, timer: time }));
    const { signal } = await started.promise;
    time.advance(1000);
    expect(codeAndDuty(await running)).toEqual({ code: "LIMIT_EXCEEDED", duty: "plugin" });
    expect((await running).status).toBe("failed");
    expect(signal.aborted).toBe(true);
  });

  test("a cancel ends it", async () => {
    const cancel = new AbortController();
    const started = Promise.withResolvers<PluginContext>();
    const running = execute(toss(), contextFor(hanging(started.resolve), { signal: cancel.signal }));
    await started.promise;
    cancel.abort();
    expect((await running).status).toBe("cancelled");
  });

  test("anything it throws is a failed execution with the code EXECUTION_FAILED", async () => {
    const context = contextFor((redeem) => ({
      ...never(redeem),
      execute: async (operation, permit) => {
        redeem(permit, operation);
        throw new RangeError("boom");
      },
    }));
    const execution = await execute(toss(), context);
    expect(execution).toMatchObject({
      status: "failed",
      refusal: { code: "EXECUTION_FAILED", message: "boom" },
    });
  });

  test.each([
    ["a number JSON cannot hold", [{ name: "x.json", value: Number.NaN }]],
    ["a name with a path", [{ name: "../x.json", value: 1 }]],
    [
      "a name twice",
      [
        { name: "x.json", value: 1 },
        { name: "x.json", value: 2 },
      ],
    ],
  ])("a result with %s is not recorded as one", async (_name, results) => {
    const context = contextFor((redeem) => ({
      ...never(redeem),
      execute: async (operation, permit) => {
        redeem(permit, operation);
        return { results, notes: {}, warnings: [] };
      },
    }));
    const execution = await execute(toss(), context);
    expect(codeAndDuty(execution)).toEqual({ code: "EXECUTION_FAILED", duty: "record" });
    expect(execution.results).toEqual([]);
  });
});
