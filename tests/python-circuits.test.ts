import { readFileSync } from "node:fs";
import { parseQasm, statevector } from "@arqon/substrates/quantum";
import { expect, test } from "vitest";
import { pythonGates } from "../tools/python-gates.ts";

/** What the Python SDK writes and what Qiskit says it is: see sdk/python/tests/circuit_cases.py. */
interface Golden {
  readonly name: string;
  readonly qubits: number;
  readonly qasm: string;
  /** Row, column, real and imaginary part of what is not 0. */
  readonly unitary: readonly (readonly [number, number, number, number])[];
}

const CASES = readFileSync(new URL("../sdk/python/tests/circuits.golden.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Golden);

test("Python's gates are those of the gate table", () => {
  expect(readFileSync("sdk/python/src/arqon/gates.py", "utf8")).toBe(pythonGates());
});

test.each(CASES)(
  "what Python writes is the unitary that Qiskit gives, with its global phase: $name",
  (golden) => {
    const { qubits, qasm, unitary } = golden;
    const size = 2 ** qubits;
    const wanted = new Float64Array(2 * size * size);
    for (const [row, column, re, im] of unitary) wanted.set([re, im], 2 * (row + size * column));
    const [head, body] = qasm.split(`qubit[${qubits}] q;\n`) as [string, string];
    const got = new Float64Array(wanted.length);
    for (let column = 0; column < size; column++) {
      const flips = Array.from({ length: qubits }, (_, q) => ((column >> q) & 1 ? `x q[${q}];` : ""));
      const text = `${head}qubit[${qubits}] q;\n${flips.join("")}${body}`;
      const { re, im } = statevector(parseQasm(text, "python.qasm"), "oracle");
      for (let row = 0; row < size; row++)
        got.set([re[row] as number, im[row] as number], 2 * (row + size * column));
    }
    // Phase and all.
    got.forEach((value, i) => {
      expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(1e-10);
    });
  },
);
