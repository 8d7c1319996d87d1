import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GATES } from "../gates/table.ts";
import { parseQasm2 } from "../qasm/parser.ts";
import { oracle } from "../simulate/oracle.ts";
import { prepare } from "../simulate/program.ts";
import { runShots } from "../simulate/shots.ts";
import { cliffordCircuit, cliffordSteps } from "./clifford.ts";
import { estimateStabilizer } from "./estimate.ts";
import { runStabilizer } from "./run.ts";

const HEAD = 'OPENQASM 2.0; include "qelib1.inc"; ';

function both(text: string, shots: number, seed: bigint) {
  const program = prepare(parseQasm2(text, "t"));
  const steps = cliffordCircuit(program.circuit);
  if (!steps) throw new Error("not a Clifford circuit");
  const options = { shots, seed, progress: () => {} };
  return [
    [...runStabilizer(program, steps, options)].sort(),
    [...runShots(program, oracle(program), { ...options, maxSnapshots: 8 })].sort(),
  ];
}

/** Every gate of the table that is Clifford for some multiples of a quarter turn, as text. */
const CLIFFORD_GATES: readonly string[] = GATES.flatMap(({ name, parameters, qubits }, code) => {
  if (qubits > 2) return [];
  const all: string[] = [];
  for (let choice = 0; choice < 1 << (2 * parameters.length); choice++) {
    const turns = parameters.map((_, k) => ((choice >> (2 * k)) & 3) - 1);
    if (
      cliffordSteps(
        code,
        turns.map((k) => k * (Math.PI / 2)),
      )
    )
      all.push(parameters.length === 0 ? name : `${name}(${turns.map((k) => `${k}*pi/2`).join()})`);
  }
  return all;
});

const operations = (qubits: number) => {
  const pair = fc
    .tuple(fc.nat(qubits - 1), fc.nat(qubits - 2))
    .map(([a, d]) => [a, (a + 1 + d) % qubits] as const);
  const gate = fc.tuple(fc.constantFrom(...CLIFFORD_GATES), pair).map(([g, [a, b]]) => {
    const code = GATES.findIndex(({ name }) => name === g.split("(")[0]);
    return GATES[code]?.qubits === 2 ? `${g} q[${a}],q[${b}];` : `${g} q[${a}];`;
  });
  const measure = fc.tuple(fc.nat(qubits - 1), fc.nat(3)).map(([q, b]) => `measure q[${q}]->c[${b}];`);
  const reset = fc.nat(qubits - 1).map((q) => `reset q[${q}];`);
  const when = fc
    .tuple(fc.constantFrom("c", "d"), fc.nat(4), fc.oneof(gate, measure, reset))
    .map(([r, v, op]) => `if(${r}==${v}) ${op}`);
  const single = fc.nat(qubits - 1).map((q) => `measure q[${q}]->d[0];`);
  return fc.oneof({ weight: 8, arbitrary: gate }, measure, reset, when, single, fc.constant("barrier q;"));
};

describe("a Clifford circuit", () => {
  test("has the statevector's counts, shot for shot, whatever is measured, reset and conditional on the way", () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 2, max: 6 })
          .chain((n) => fc.tuple(fc.constant(n), fc.array(operations(n), { maxLength: 40 }))),
        fc.bigInt(0n, 2n ** 64n - 1n),
        fc.boolean(),
        ([qubits, lines], seed, all) => {
          const end = all ? `creg end[${qubits}]; measure q->end;` : "";
          const text = `${HEAD}qreg q[${qubits}]; creg c[4]; creg d[1]; ${lines.join(" ")} ${end}`;
          const [ours, theirs] = both(text, 40, seed);
          expect(ours).toEqual(theirs);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("of more random bits than one number holds takes more numbers: 120 fair coins, none tied to another", () => {
    const n = 120;
    const program = prepare(parseQasm2(`${HEAD}qreg q[${n}]; creg c[${n}]; h q; measure q->c;`, "coins"));
    const shots = 4000;
    const counts = runStabilizer(program, cliffordCircuit(program.circuit) ?? [], {
      shots,
      seed: 3n,
      progress: () => {},
    });
    const rows = [...counts].flatMap(([key, count]) => Array<string>(count).fill(key));
    expect(rows.length).toBe(shots);
    // Five standard deviations of a fair coin, for each bit and for its agreement with the bits 1, 53 and 64 further.
    const most = 5 * Math.sqrt(shots / 4);
    for (let k = 0; k < n; k++) {
      expect(Math.abs(rows.filter((row) => row[k] === "1").length - shots / 2)).toBeLessThan(most);
      for (const step of [1, 53, 64])
        expect(
          Math.abs(rows.filter((row) => row[k] === row[(k + step) % n]).length - shots / 2),
        ).toBeLessThan(most);
    }
  });

  test("of 3,000 qubits with measurements, resets and corrections in the middle runs in one pass", () => {
    const n = 3000;
    const lines = Array.from(
      { length: n - 1 },
      (_, i) =>
        `h q[${i}]; cx q[${i}],q[${i + 1}]; measure q[${i}]->m[0]; if(m==1) x q[${i + 1}]; reset q[${i}];`,
    );
    const text = `${HEAD}qreg q[${n}]; creg m[1]; creg c[1]; x q[0]; h q[0]; ${lines.join("")} measure q[${n - 1}]->c[0];`;
    const program = prepare(parseQasm2(text, "relay"));
    const counts = runStabilizer(program, cliffordCircuit(program.circuit) ?? [], {
      shots: 500,
      seed: 1n,
      progress: () => {},
    });
    // Every correction undoes its measurement, so the last qubit is certainly 0; the last bit measured is a fair coin.
    expect([...counts.keys()].sort()).toEqual(["0 0", "0 1"]);
  });

  test("says what bits that depend on thousands of random ones take", () => {
    const rounds = (n: number) =>
      prepare(
        parseQasm2(
          `${HEAD}qreg q[200]; creg c[${200 * n}]; ${Array.from({ length: 200 * n }, (_, i) => `h q[${i % 200}]; measure q[${i % 200}]->c[${i}]; h q[${i % 200}];`).join("")}`,
          "rounds",
        ),
      );
    const program = rounds(40);
    const { memoryBytes } = estimateStabilizer(program, cliffordCircuit(program.circuit) ?? [], 1);
    // 8,000 bits, each of up to 8,000 symbols.
    expect(memoryBytes).toBeGreaterThan((8000 * 8000) / 8);
  });
});
