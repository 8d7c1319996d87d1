/** Adds gradients to the plugin of a simulator. */
import type { PluginFactory } from "../runtime/index.ts";
import { GRADIENT_KIND, gradientCost, gradientTask, readGradientParameters } from "../scheduler/index.ts";
import { fileNameOf } from "./circuit-operation.ts";
import type { GradientAnswer, GradientRequest } from "./gradient.ts";
import type { OffThread } from "./simulation.ts";

/** The same backend, which takes operations of one more kind. Parameters as `gradientRecipe`; result "gradient.json". */
export function withGradients(
  factory: PluginFactory,
  differentiate: OffThread<GradientRequest, GradientAnswer>,
  limits: { readonly memoryBytes: number },
): PluginFactory {
  return (redeem) => {
    const base = factory(redeem);
    return {
      ...base,
      manifest: { ...base.manifest, kinds: [...base.manifest.kinds, GRADIENT_KIND] },
      estimate: (operation) => {
        if (operation.kind !== GRADIENT_KIND) return base.estimate(operation);
        const asked = readGradientParameters(operation.parameters);
        const task = gradientTask(operation.program, operation.name, asked);
        return { ...gradientCost(task, asked).estimate, qubits: task.circuit.qubits };
      },
      execute: async (operation, permit, context) => {
        if (operation.kind !== GRADIENT_KIND) return base.execute(operation, permit, context);
        redeem(permit, operation);
        const { gradient, warnings } = await differentiate(
          {
            program: operation.program,
            fileName: fileNameOf(operation),
            asked: readGradientParameters(operation.parameters),
            seed: operation.seed,
            memoryBytes: limits.memoryBytes,
          },
          context,
        );
        return {
          results: [{ name: "gradient.json", value: gradient }],
          notes: { engine: base.manifest.engine.name },
          warnings,
        };
      },
    };
  };
}
