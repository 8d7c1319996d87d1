/** Layers of a random U3 on every qubit and CZ on neighbouring pairs, shifted by one from layer to layer. */
import { createRandom } from "@arqon/core/base";
import { type Circuit, CircuitBuilder } from "@arqon/substrates/quantum";

/** A gate as every side reads it. */
export type Step = readonly [gate: "u3" | "cz", angles: readonly number[], qubits: readonly number[]];

export function brickwork(qubits: number, depth: number): Step[] {
  const random = createRandom(1n);
  const out: Step[] = [];
  for (let layer = 0; layer < depth; layer++) {
    for (let q = 0; q < qubits; q++) {
      const theta = Math.acos(1 - 2 * random.nextDouble());
      out.push(["u3", [theta, 2 * Math.PI * random.nextDouble(), 2 * Math.PI * random.nextDouble()], [q]]);
    }
    for (let q = layer % 2; q + 1 < qubits; q += 2) out.push(["cz", [], [q, q + 1]]);
  }
  return out;
}

export function circuitOf(qubits: number, steps: readonly Step[]): Circuit {
  const out = new CircuitBuilder(`brickwork-${qubits}`);
  out.qreg("q", qubits);
  for (const [gate, angles, on] of steps) out.gate(gate, angles, on);
  return out.build();
}
