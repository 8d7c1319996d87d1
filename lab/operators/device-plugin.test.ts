import { utf8 } from "@arqon/core/base";
import { expect, test } from "vitest";
import { devicePlugin } from "./device-plugin.ts";

const plugin = devicePlugin(() => Promise.reject(new Error("not run")), { memoryBytes: 2 ** 31 })(() => {});

const cost = (qubits: number, shots: number) =>
  plugin.estimate({
    program: utf8(
      `OPENQASM 2.0; include "qelib1.inc"; qreg q[${qubits}]; creg c[${qubits}]; ${"sx q; cx q[0],q[1]; cx q[1],q[2]; ".repeat(20)} measure q->c;`,
    ),
    name: "t.qasm",
    parameters: { shots },
  } as never);

test("the estimate is that of a run with noise: time grows with shots once they no longer share a density matrix", () => {
  const [some, many] = [cost(20, 100), cost(20, 1000)];
  expect(some.qubits).toBe(20);
  expect(many.timeMs / some.timeMs).toBeGreaterThan(7);
  // A density matrix of these would not fit any machine: trajectories are meant.
  expect(some.memoryBytes).toBeLessThan(2 ** 30);
  expect(cost(4, 1_000_000).timeMs).toBeLessThan(30_000);
});
