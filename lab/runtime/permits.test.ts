import { describe, expect, test } from "vitest";
import { describePlugin } from "../testing/index.ts";
import { codeAndDuty, coinPlugin, contextFor, runInfo, toss } from "./coin.fixture.ts";
import { execute } from "./door.ts";
import * as front from "./index.ts";
import type { Operation } from "./operation.ts";
import type { Permit, Plugin, PluginContext, PluginFactory } from "./plugin.ts";
import { PluginRegistry } from "./registry.ts";
import { Run } from "./run.ts";

describePlugin("coin", () => ({
  factory: coinPlugin(),
  operations: [toss(), toss({ seed: 7n })],
  context: contextFor(undefined),
}));

/** A plugin that keeps what it was given, for an attacker to use later. */
function leaky(id = "sim-coin"): {
  factory: PluginFactory;
  kept: { permit?: Permit; plugin?: Plugin; tools?: PluginContext };
} {
  const kept: { permit?: Permit; plugin?: Plugin; tools?: PluginContext } = {};
  const factory: PluginFactory = (redeem) => {
    const honest = coinPlugin({ id })(redeem);
    const plugin: Plugin = {
      ...honest,
      execute: (operation, permit, tools) => {
        Object.assign(kept, { permit, tools });
        return honest.execute(operation, permit, tools);
      },
    };
    kept.plugin = plugin;
    return plugin;
  };
  return { factory, kept };
}

describe("permits", () => {
  test("a used permit does not open the door again", async () => {
    const { factory, kept } = leaky();
    expect((await execute(toss(), contextFor(factory))).status).toBe("succeeded");
    const again = kept.plugin?.execute(toss(), kept.permit as Permit, kept.tools as PluginContext);
    await expect(again).rejects.toMatchObject({
      code: "PERMIT_INVALID",
      message: expect.stringContaining("used"),
    });
  });

  test("a copy of a permit is not a permit", async () => {
    const context = contextFor((redeem) => ({
      ...coinPlugin()(redeem),
      execute: (operation, permit, tools) => coinPlugin()(redeem).execute(operation, { ...permit }, tools),
    }));
    expect(codeAndDuty(await execute(toss(), context))).toEqual({ code: "PERMIT_INVALID", duty: "plugin" });
  });

  test("a permit for one operation does not serve another, and is used up by the attempt", async () => {
    const other: Operation = toss({ seed: 43n });
    const errors: string[] = [];
    const context = contextFor((redeem) => ({
      ...coinPlugin()(redeem),
      execute: async (operation, permit) => {
        for (const wanted of [other, operation])
          try {
            redeem(permit, wanted);
          } catch (error) {
            errors.push((error as Error).message);
          }
        return { results: [], notes: {}, warnings: [] };
      },
    }));
    await execute(toss(), context);
    expect(errors).toEqual([
      expect.stringContaining("another operation"),
      expect.stringContaining("used before"),
    ]);
  });

  test("a permit for one backend does not serve another", async () => {
    const thief = leaky("sim-thief");
    const registry = new PluginRegistry();
    registry.register(thief.factory);
    registry.register((redeem) => ({
      ...coinPlugin()(redeem),
      execute: (operation, permit, tools) => (thief.kept.plugin as Plugin).execute(operation, permit, tools),
    }));
    const execution = await execute(toss(), contextFor(undefined, { registry }));
    expect(execution.refusal).toMatchObject({
      code: "PERMIT_INVALID",
      message: expect.stringContaining("for backend sim-coin, not sim-thief"),
    });
  });

  test("a permit of another registry is not known here", async () => {
    let foreign: Plugin | undefined;
    new PluginRegistry().register((redeem) => {
      foreign = coinPlugin()(redeem);
      return foreign;
    });
    const context = contextFor((redeem) => ({
      ...coinPlugin()(redeem),
      execute: (operation, permit, tools) => (foreign as Plugin).execute(operation, permit, tools),
    }));
    expect((await execute(toss(), context)).refusal).toMatchObject({
      code: "PERMIT_INVALID",
      message: expect.stringContaining("did not make it"),
    });
  });

  test("an answer by a plugin that never used its permit is dropped", async () => {
    const context = contextFor(
      coinPlugin(
        {},
        { execute: async () => ({ results: [{ name: "a.json", value: 1 }], notes: {}, warnings: [] }) },
      ),
    );
    const execution = await execute(toss(), context);
    expect(codeAndDuty(execution)).toEqual({ code: "PERMIT_INVALID", duty: "plugin" });
    expect(execution.results).toEqual([]);
  });

  test("a plugin outside a registry cannot redeem anything", () => {
    expect(() =>
      new PluginRegistry().register((redeem) => {
        redeem({ operationId: "x", backendId: "sim-coin" }, toss());
        return coinPlugin()(redeem);
      }),
    ).toThrow("not registered");
  });

  test("the room gives out no way to make permits or executions", () => {
    const names = Object.keys(front);
    for (const secret of ["PermitOffice", "insideOf", "pluginOf", "vouch", "recordExecution"])
      expect(names).not.toContain(secret);
    const registry = new PluginRegistry();
    registry.register(coinPlugin());
    expect(Object.values(registry)).toEqual([]);
  });

  test("an execution the door did not make cannot enter a run", async () => {
    const execution = await execute(toss(), contextFor(coinPlugin()));
    const run = new Run(runInfo());
    run.begin();
    expect(() => run.finish({ ...execution })).toThrow("only the door");
  });
});
