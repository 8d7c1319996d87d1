/** What every plugin must do, whoever wrote it. Call it from a test file of the plugin's own. */
import { describe, expect, test } from "vitest";
import {
  type ExecContext,
  execute,
  type Operation,
  type Permit,
  type Plugin,
  type PluginContext,
  type PluginFactory,
  PluginRegistry,
  Run,
} from "../runtime/index.ts";

/** A plugin to judge: how to make it, and two operations it accepts that differ. */
export interface PluginSubject {
  readonly factory: PluginFactory;
  readonly operations: readonly [Operation, Operation];
  /** A context whose registry and run the suite replaces. */
  readonly context: ExecContext;
}

/** The contract of a plugin. */
export function describePlugin(name: string, make: () => PluginSubject | Promise<PluginSubject>): void {
  const tools: PluginContext = {
    clock: { nowUs: () => 0, monotonicMs: () => 0 },
    signal: new AbortController().signal,
    calibration: undefined,
    progress: () => {},
  };
  const inside = (factory: PluginFactory): { registry: PluginRegistry; plugin: Plugin } => {
    const registry = new PluginRegistry();
    let plugin: Plugin | undefined;
    registry.register((redeem) => {
      plugin = factory(redeem);
      return plugin;
    });
    return { registry, plugin: plugin as Plugin };
  };

  describe(`plugin contract: ${name}`, () => {
    test("no answer without a permit, nor with one the door did not make", async () => {
      const { factory, operations } = await make();
      const { plugin } = inside(factory);
      const [operation] = operations;
      const forged = { operationId: "x/0", backendId: plugin.manifest.id };
      for (const permit of [undefined, null, {}, forged, Object.freeze({ ...forged })])
        await expect(callAll(plugin, operation, permit as Permit, tools)).rejects.toMatchObject({
          code: "PERMIT_INVALID",
        });
    });

    test("through the door it answers, and equal seeds give equal results where it says so", async () => {
      const { factory, operations, context } = await make();
      const { registry, plugin } = inside(factory);
      const first = await execute(operations[0], { ...context, registry, run: new Run(context.run.info) });
      const second = await execute(operations[0], { ...context, registry, run: new Run(context.run.info) });
      expect(first.refusal?.message).toBeUndefined();
      expect(first.status).toBe("succeeded");
      expect(first.results.length).toBeGreaterThan(0);
      if (plugin.manifest.deterministic) expect(second.outputSha256).toEqual(first.outputSha256);
    });

    test("the estimate is made of finite figures and comes before any work", async () => {
      const { factory, operations } = await make();
      const { registry } = inside(factory);
      for (const figure of Object.values(registry.estimate(operations[1])))
        expect(Number.isFinite(figure) && figure >= 0).toBe(true);
    });

    test("a cancelled operation does not answer", async () => {
      const { factory, operations, context } = await make();
      const { registry } = inside(factory);
      const signal = AbortSignal.abort();
      const execution = await execute(operations[0], {
        ...context,
        registry,
        signal,
        run: new Run(context.run.info),
      });
      expect(execution.status).toBe("cancelled");
    });
  });
}

async function callAll(
  plugin: Plugin,
  operation: Operation,
  permit: Permit,
  tools: PluginContext,
): Promise<void> {
  if (plugin.stream)
    await expect(async () => {
      for await (const chunk of plugin.stream?.(operation, permit, tools) ?? [])
        throw new TypeError(`chunk ${chunk.index} came without a permit`);
    }).rejects.toMatchObject({ code: "PERMIT_INVALID" });
  if (plugin.calibrate)
    await expect(plugin.calibrate(operation, permit, tools)).rejects.toMatchObject({
      code: "PERMIT_INVALID",
    });
  await plugin.execute(operation, permit, tools);
}
