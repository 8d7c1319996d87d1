import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseQasm2 } from "../qasm/parser.ts";
import { runCircuit } from "../run.ts";
import { prepare } from "./program.ts";

const HEAD = 'OPENQASM 2.0; include "qelib1.inc";';
const ENGINES = ["fast", "oracle", "stabilizer", "mps"] as const;

/** A |1> teleported from qubit to qubit. */
function relay(links: number): string {
  const lines = [HEAD, `qreg q[${2 * links + 1}]; creg a[1]; creg b[1]; creg out[1]; x q[0];`];
  for (let k = 0; k < links; k++) {
    const [io, here, there] = [2 * k, 2 * k + 1, 2 * k + 2].map((q) => `q[${q}]`);
    lines.push(`h ${here}; cx ${here},${there}; cx ${io},${here}; h ${io};`);
    lines.push(`measure ${io}->a[0]; measure ${here}->b[0]; if(b==1) x ${there}; if(a==1) z ${there};`);
  }
  return `${lines.join("\n")} measure q[${2 * links}]->out[0];`;
}

describe("qubits that are done with", () => {
  test("leave their position: a relay of any length takes three", () => {
    const circuit = parseQasm2(relay(30), "relay");
    expect(prepare(circuit).width).toBe(3);
    for (const engine of ENGINES) {
      const { counts } = runCircuit(circuit, { shots: 60, seed: 5n, engine });
      expect([...counts.keys()].every((key) => key.startsWith("1"))).toBe(true);
    }
  });

  test("every engine gives the same counts for a relay", () => {
    const circuit = parseQasm2(relay(6), "relay");
    const [first, ...others] = ENGINES.map((engine) => [
      ...runCircuit(circuit, { shots: 200, seed: 8n, engine }).counts,
    ]);
    for (const other of others) expect(other).toEqual(first);
  });

  test("no count depends on whether a position was taken again", () => {
    const gate = fc
      .record({ name: fc.constantFrom("h", "cx", "t", "sx", "m"), a: fc.nat(5), b: fc.nat(4) })
      .map(({ name, a, b }) => ({ name, a, b: b >= a ? b + 1 : b }));
    fc.assert(
      fc.property(fc.array(gate, { minLength: 5, maxLength: 40 }), (gates) => {
        let text = `${HEAD} qreg q[6]; creg c[6];`;
        for (const { name, a, b } of gates)
          if (name === "m") text += ` measure q[${a}]->c[${a}];`;
          else text += name === "cx" ? ` cx q[${a}],q[${b}];` : ` ${name} q[${a}];`;
        // A condition at the end: every measurement is made on its way, with a random number of its own.
        const taken = `${text} if(c==63) x q[0];`;
        const kept = `${text} if(c==63) x q[0]; if(c==63) id q[1]; if(c==63) id q[2]; if(c==63) id q[3]; if(c==63) id q[4]; if(c==63) id q[5];`;
        const [less, all] = [parseQasm2(taken, "taken"), parseQasm2(kept, "kept")];
        expect(prepare(less).width).toBeLessThanOrEqual(prepare(all).width);
        const counts = (circuit: typeof less) =>
          runCircuit(circuit, { shots: 100, seed: 3n, engine: "fast" }).counts;
        if (gates.some(({ name }) => name === "m")) expect(counts(less)).toEqual(counts(all));
      }),
      { numRuns: 120, seed: 6 },
    );
  });

  test("a measurement under a condition leaves nothing: the other two of three share", () => {
    const text = `${HEAD} qreg q[3]; creg c[1]; creg d[2]; h q[0]; measure q[0]->c[0]; h q[1]; if(c==1) measure q[1]->d[0]; h q[2]; if(c==1) x q[2]; measure q[2]->d[1];`;
    expect(prepare(parseQasm2(text, "t")).width).toBe(2);
  });
});
