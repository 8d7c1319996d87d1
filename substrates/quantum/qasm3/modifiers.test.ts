import type { Matrix } from "@arqon/core/math";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { statevector } from "../run.ts";
import { parseQasm3 } from "./parse.ts";

const HEAD = 'OPENQASM 3.0; include "stdgates.inc";\n';

/** The unitary of gate statements on `n` qubits named q, column by column, by the oracle. */
function unitary(n: number, body: string, declarations = ""): Matrix {
  const size = 2 ** n;
  const out = new Float64Array(2 * size * size);
  for (let column = 0; column < size; column++) {
    let flips = "";
    for (let q = 0; q < n; q++) if ((column >> q) & 1) flips += `x q[${q}];`;
    // Gates that every qubit is touched by, so that no column differs in what is simulated.
    const text = `${HEAD}${declarations} qubit[${n}] q; ${flips} ${body}`;
    const { re, im } = statevector(parseQasm3(text, "t.qasm"), "oracle");
    for (let row = 0; row < size; row++) {
      out[2 * (row * size + column)] = re[row] as number;
      out[2 * (row * size + column) + 1] = im[row] as number;
    }
  }
  return out;
}

/** Largest difference of two unitaries, phase and all. */
function distance(a: Matrix, b: Matrix): number {
  return a.reduce((most, x, k) => Math.max(most, Math.abs(x - (b[k] as number))), 0);
}

const same = (n: number, a: string, b: string, declarations = ""): void =>
  expect(distance(unitary(n, a, declarations), unitary(n, b, declarations)), `${a} and ${b}`).toBeLessThan(
    1e-12,
  );

/** The standard library as its definitions, under names of their own. */
const DEFINITIONS = `
gate D_p(l) a { ctrl @ gphase(l) a; }
gate D_x a { U(pi, 0, pi) a; gphase(-pi/2); }
gate D_y a { U(pi, pi/2, pi/2) a; gphase(-pi/2); }
gate D_z a { D_p(pi) a; }
gate D_h a { U(pi/2, 0, pi) a; gphase(-pi/4); }
gate D_s a { pow(0.5) @ D_z a; }
gate D_sdg a { inv @ pow(0.5) @ D_z a; }
gate D_t a { pow(0.5) @ D_s a; }
gate D_tdg a { inv @ pow(0.5) @ D_s a; }
gate D_sx a { pow(0.5) @ D_x a; }
gate D_rx(t) a { U(t, -pi/2, pi/2) a; gphase(-t/2); }
gate D_ry(t) a { U(t, 0, 0) a; gphase(-t/2); }
gate D_rz(l) a { gphase(-l/2); U(0, 0, l) a; }
gate D_cx a, b { ctrl @ D_x a, b; }
gate D_cy a, b { ctrl @ D_y a, b; }
gate D_cz a, b { ctrl @ D_z a, b; }
gate D_cp(l) a, b { ctrl @ D_p(l) a, b; }
gate D_crx(t) a, b { ctrl @ D_rx(t) a, b; }
gate D_cry(t) a, b { ctrl @ D_ry(t) a, b; }
gate D_crz(t) a, b { ctrl @ D_rz(t) a, b; }
gate D_ch a, b { ctrl @ D_h a, b; }
gate D_swap a, b { D_cx a, b; D_cx b, a; D_cx a, b; }
gate D_ccx a, b, c { ctrl @ ctrl @ D_x a, b, c; }
gate D_cswap a, b, c { ctrl @ D_swap a, b, c; }
gate D_cu(t, p, l, g) a, b { D_p(g - t/2) a; ctrl @ U(t, p, l) a, b; }
gate D_phase(l) q { U(0, 0, l) q; }
gate D_cphase(l) a, b { ctrl @ D_phase(l) a, b; }
gate D_id a { U(0, 0, 0) a; }
gate D_u1(l) q { U(0, 0, l) q; }
gate D_u2(p, l) q { gphase(-(p+l+pi/2)/2); U(pi/2, p, l) q; }
gate D_u3(t, p, l) q { gphase(-(p+l+t)/2); U(t, p, l) q; }
`;
const GATES = [...DEFINITIONS.matchAll(/gate D_(\w+)(?:\(([^)]*)\))? ([^{]*) \{/g)].map(
  ([, name, parameters, qubits]) => ({
    name: name as string,
    parameters: parameters ? parameters.split(",").length : 0,
    qubits: (qubits as string).split(",").length,
  }),
);

describe("the standard library", () => {
  test.each(GATES)(
    "$name is its definition, with its phase: also under a control",
    ({ name, parameters, qubits }) => {
      const angles = parameters ? `(${[0.3, -1.1, 2.4, 0.7].slice(0, parameters)})` : "";
      const on = (from: number): string =>
        Array.from({ length: qubits }, (_, i) => `q[${from + i}]`).join(", ");
      same(qubits, `${name}${angles} ${on(0)};`, `D_${name}${angles} ${on(0)};`, DEFINITIONS);
      same(
        qubits + 1,
        `ctrl @ ${name}${angles} q[0], ${on(1)};`,
        `ctrl @ D_${name}${angles} q[0], ${on(1)};`,
        DEFINITIONS,
      );
      same(qubits, `inv @ ${name}${angles} ${on(0)}; ${name}${angles} ${on(0)};`, "", DEFINITIONS);
      same(
        qubits,
        `pow(-2) @ ${name}${angles} ${on(0)}; pow(2) @ D_${name}${angles} ${on(0)};`,
        "",
        DEFINITIONS,
      );
      if (qubits > 1 && name === "cu") return;
      const half = `pow(0.5) @ ${name}${angles} ${on(0)};`;
      same(qubits, half + half, `${name}${angles} ${on(0)};`, DEFINITIONS);
    },
  );
});

/** Applies a one-qubit matrix where all controls are as wanted, the slow and obvious way. */
function controlledBy(
  n: number,
  controls: readonly (readonly [number, number])[],
  target: number,
  m: Matrix,
): Matrix {
  const size = 2 ** n;
  const out = new Float64Array(2 * size * size);
  for (let column = 0; column < size; column++) {
    const bit = (column >> target) & 1;
    if (!controls.every(([qubit, value]) => ((column >> qubit) & 1) === value)) {
      out[2 * (column * size + column)] = 1;
      continue;
    }
    for (const row of [0, 1]) {
      const to = column + (row - bit) * 2 ** target;
      out[2 * (to * size + column)] = m[2 * (2 * row + bit)] as number;
      out[2 * (to * size + column) + 1] = m[2 * (2 * row + bit) + 1] as number;
    }
  }
  return out;
}

describe("controls", () => {
  const X = Float64Array.of(0, 0, 1, 0, 1, 0, 0, 0);
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("%i controls on x flip one basis state", (controls) => {
    const on = Array.from({ length: controls }, (_, i) => [i, 1] as const);
    const wires = Array.from({ length: controls + 1 }, (_, i) => `q[${i}]`).join(", ");
    const expected = controlledBy(controls + 1, on, controls, X);
    expect(distance(unitary(controls + 1, `ctrl(${controls}) @ x ${wires};`), expected)).toBeLessThan(1e-12);
  });

  test("any gate under any controls, on and off, is its matrix on the states they pick", () => {
    const gate = fc.constantFrom(
      "h",
      "y",
      "z",
      "s",
      "tdg",
      "sx",
      "p(0.7)",
      "rx(1.3)",
      "ry(-0.4)",
      "rz(2.2)",
      "U(0.5, 1.5, -2)",
      "u2(1, 2)",
      "id",
    );
    fc.assert(
      fc.property(gate, fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 4 }), (name, values) => {
        const n = values.length + 1;
        const base = unitary(1, `${name} q[0];`);
        // A controlled gate shows its phase, which the gate alone does not: take it from one control.
        const once = unitary(2, `ctrl @ ${name} q[0], q[1];`);
        for (const [to, from] of [
          [0, 0],
          [1, 1],
          [2, 2],
          [3, 3],
        ] as const) {
          const [row, column] = [to >> 1, from & 1];
          const at = 2 * ((1 + 2 * row) * 4 + 1 + 2 * column);
          base[2 * (2 * row + column)] = once[at] as number;
          base[2 * (2 * row + column) + 1] = once[at + 1] as number;
        }
        const wires = values.map((_, i) => `q[${i}]`).join(", ");
        const modifiers = values.map((value) => (value ? "ctrl @" : "negctrl @")).join(" ");
        const controls = values.map((value, i) => [i, value] as const);
        const actual = unitary(n, `${modifiers} ${name} ${wires}, q[${n - 1}];`);
        expect(distance(actual, controlledBy(n, controls, n - 1, base))).toBeLessThan(1e-11);
      }),
      { numRuns: 60 },
    );
  });

  test("negctrl(n) wants all of them 0", () => {
    same(3, "negctrl(2) @ x q[0], q[1], q[2];", "x q[0]; x q[1]; ccx q[0], q[1], q[2]; x q[0]; x q[1];");
  });

  test("inverse, power and control of a gate of several operations agree with what they mean", () => {
    const gate = "gate g(a) p, r { h p; cx p, r; rz(a) r; gphase(a); U(a, 1, 2) p; }";
    same(2, "inv @ g(0.4) q[0], q[1]; g(0.4) q[0], q[1];", "", gate);
    same(2, "pow(3) @ g(0.4) q[0], q[1];", "g(0.4) q[0], q[1]; g(0.4) q[0], q[1]; g(0.4) q[0], q[1];", gate);
    same(
      3,
      "ctrl @ g(0.4) q[2], q[0], q[1];",
      "ctrl @ h q[2], q[0]; ccx q[2], q[0], q[1]; crz(0.4) q[2], q[1]; p(0.4) q[2]; ctrl @ U(0.4, 1, 2) q[2], q[0];",
      gate,
    );
    const middle = "gate m(a) p, r { cx p, r; rz(a) r; cx p, r; }";
    same(2, "pow(0.5) @ m(0.8) q[0], q[1];", "m(0.4) q[0], q[1];", middle);
    same(3, "ctrl @ m(0.8) q[2], q[0], q[1];", "cx q[0], q[1]; crz(0.8) q[2], q[1]; cx q[0], q[1];", middle);
  });

  test("many controls stay affordable and use no other qubit", () => {
    const n = 24;
    const circuit = parseQasm3(
      `${HEAD} qubit[${n}] q; ctrl(${n - 2}) @ x q[0:${n - 3}], q[1];`.replace(
        "q[0:21], q[1]",
        Array.from({ length: n - 1 }, (_, i) => `q[${i}]`).join(", "),
      ),
      "t.qasm",
    );
    expect(circuit.length).toBeLessThan(20_000);
  });
});

describe("powers of gates on several qubits", () => {
  const gates = `
    gate two a, b { h a; h b; cx a, b; rz(0.3) b; cx a, b; h a; h b; }
    gate turn a, b { cx a, b; cx b, a; }
    gate three a, b, c { ccx a, b, c; h a; swap b, c; cu(0.3, 1, 2, 0.4) c, a; }
    gate four a, b, c, d { three a, b, c; crx(0.7) d, a; gphase(0.3); cx c, d; }
    gate phases a, b { cz a, b; s a; t b; ctrl @ gphase(0.2) a; }`;
  test.each([
    ["two", 2, 2],
    ["two", 2, 3],
    ["turn", 2, 3],
    ["turn", 2, 2],
    ["three", 3, 2],
    ["four", 4, 2],
    ["phases", 2, 5],
  ])("%s on %i qubits to the power of 1/%i, so many times, is the gate", (name, n, times) => {
    const wires = Array.from({ length: n }, (_, q) => `q[${q}]`).join(", ");
    same(n, `pow(1.0 / ${times}) @ ${name} ${wires};`.repeat(times), `${name} ${wires};`, gates);
  });

  test("under a control its phase counts", () => {
    const root = "ctrl @ pow(0.5) @ three q[3], q[0], q[1], q[2];";
    same(4, root + root, "ctrl @ three q[3], q[0], q[1], q[2];", gates);
    same(
      3,
      "negctrl @ pow(-0.25) @ phases q[2], q[0], q[1];".repeat(4),
      "negctrl @ inv @ phases q[2], q[0], q[1];",
      gates,
    );
  });

  test("eigenvalues take their principal power: of -1 it is in the upper half", () => {
    // Diagonal, so that the entries are the eigenvalues: 1, i, -1, -i.
    const declared = "gate d a, b { s a; z b; cx a, b; cx a, b; h a; h a; }";
    same(2, "pow(0.5) @ d q[0], q[1];", "t q[0]; s q[1]; ctrl @ z q[0], q[1];", declared);
  });

  test("of more than five qubits it is refused by name", () => {
    const declared = "gate g a, b, c, d, e, f { cx a, b; h a; cx c, d; h d; cx e, f; h e; cx b, f; }";
    const text = `${HEAD}${declared} qubit[6] q; pow(0.5) @ g q[0], q[1], q[2], q[3], q[4], q[5];`;
    expect(() => parseQasm3(text, "t.qasm")).toThrow("a gate on 6 qubits (the limit is 5)");
  });
});
