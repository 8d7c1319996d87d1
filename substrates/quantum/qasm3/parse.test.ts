import { qasmMediaType, qasmVersion } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import { BARRIER, type Circuit, MEASURE, operandsOf, parametersOf, RESET } from "../circuit.ts";
import { GATES } from "../gates/table.ts";
import { parseQasm } from "../parse-qasm.ts";
import { runCircuit } from "../run.ts";
import { parseQasm3 } from "./parse.ts";

const HEAD = 'OPENQASM 3.0; include "stdgates.inc";\n';
const read = (text: string, inputs = {}): Circuit => parseQasm3(HEAD + text, "t.qasm", { inputs });

/** A circuit as short lines, for comparing. */
function show(circuit: Circuit): string[] {
  return Array.from({ length: circuit.length }, (_, i) => {
    const code = circuit.codes[i] as number;
    const name = { [MEASURE]: "measure", [RESET]: "reset", [BARRIER]: "barrier" }[code] ?? GATES[code]?.name;
    const parameters = parametersOf(circuit, i);
    const condition = circuit.conditions[circuit.conditionOf[i] as number];
    const prefix = condition ? `if ${condition.bits}==${condition.value} ` : "";
    return `${prefix}${name}${parameters.length ? `(${parameters})` : ""} ${operandsOf(circuit, i).join(" ")}`;
  });
}
const lines = (text: string, inputs = {}): string[] => show(read(text, inputs));
const counts = (text: string): Record<string, number> =>
  Object.fromEntries(runCircuit(read(text), { shots: 400, seed: 7n }).counts);

describe("statements", () => {
  test("gates, broadcasts, measurements, resets and barriers flatten to instructions", () => {
    expect(
      lines(
        `qubit[2] q; qubit a; bit[2] c; // a comment
        h q; cx q, a; U(π/2, 0, -pi) q[1]; reset a; barrier q, a; barrier;
        c = measure q; measure a -> c[1]; measure q[0];`.replace("cx q, a;", "cx q, a; /* twice */"),
      ),
    ).toEqual([
      "h 0",
      "h 1",
      "cx 0 2",
      "cx 1 2",
      `U(${Math.PI / 2},0,${-Math.PI}) 1`,
      "reset 2",
      "barrier 0 1 2",
      "barrier 0 1 2",
      "measure 0 0",
      "measure 1 1",
      "measure 2 1",
      "measure 0 2",
    ]);
  });

  test("registers are sliced, picked, joined and named anew", () => {
    expect(
      lines("qubit[6] q; x q[1:2:5]; y q[{0, 4}]; let a = q[4:5] ++ q[0]; z a[-1]; let b = a[0:1]; h b;"),
    ).toEqual(["x 1", "x 3", "x 5", "y 0", "y 4", "z 0", "h 4", "h 5"]);
  });

  test("hardware qubits are a register of their own", () => {
    const circuit = read("x $0; cx $0, $3; bit c = measure $3;");
    expect(circuit.qregs).toEqual([{ name: "physical", start: 0, size: 4 }]);
    expect(show(circuit)).toEqual(["x 0", "cx 0 3", "measure 3 0"]);
  });

  test("loops, branches and switches on known values are followed", () => {
    expect(
      lines(`qubit[4] q; const uint[8] n = 3; int i = 0;
        for uint k in [0:n - 1] { if (k == 1) continue; x q[k]; }
        for int k in {3, 1} y q[k];
        for bit b in "01" { if (b) h q[0]; else z q[0]; }
        while (i < 3) { i += 1; if (i == 2) break; s q[i]; }
        switch (i) { case 1 { t q[0]; } case 2, 3 { t q[1]; } default { t q[2]; } }
        if (bool(n[0]) && !false) { x q[0]; } else { y q[0]; }`),
    ).toEqual(["x 0", "x 2", "y 3", "y 1", "h 0", "z 0", "s 1", "t 1", "x 0"]);
  });

  test("gates of the text take parameters, and call one another", () => {
    expect(
      lines(`gate g(a, b) p, q { rx(a / 2) p; for int i in [0:1] { cx p, q; } U(0, 0, -b) q; }
        gate k(a) p, q { g(a, 2 * a) q, p; } qubit[2] q; k(1) q[0], q[1];`),
    ).toEqual(["rx(0.5) 1", "cx 1 0", "cx 1 0", "U(0,0,-2) 0"]);
  });

  test("subroutines are read in place and return values", () => {
    expect(
      lines(`def f(int[8] n, qubit[2] p, qubit r) -> float { for int i in [1:n] cx p[0], r; x p[1]; return n / 2.0; }
        qubit[3] q; float angle_ = f(2, q[1:2], q[0]); rz(angle_) q[0]; f(1, q[0:1], q[2]);`),
    ).toEqual(["cx 1 0", "cx 1 0", "x 2", "rz(1) 0", "cx 0 2", "x 1"]);
  });

  test("inputs take their values from the caller", () => {
    expect(
      lines("input float theta; input int n; qubit q; for int i in [1:n] rx(theta) q;", {
        theta: 0.25,
        n: 2n,
      }),
    ).toEqual(["rx(0.25) 0", "rx(0.25) 0"]);
  });

  test("pragmas, annotations and durations of gates are left out with a warning", () => {
    const circuit = read(`pragma simulator noise off
      @place(3)
      qubit q; x q; nop q; y[10ns] q;`);
    expect(show(circuit)).toEqual(["x 0", "y 0"]);
    expect(circuit.warnings).toEqual([
      "pragmas were ignored",
      "annotations were ignored",
      "durations of gates were left out: timing is not simulated",
    ]);
  });
});

describe("expressions", () => {
  const value = (text: string): number => parametersOf(read(`qubit q; rx(${text}) q;`), 0)[0] as number;

  test.each([
    ["1 + 2 * 3 ** 2 ** 1", 19],
    ["-2 ** 2", -4],
    ["7 / 2", 3],
    ["7 / 2.0", 3.5],
    ["-7 % 3", -1],
    ["(1 << 4 | 3) ^ 1", 18],
    ["0b1010 + 0xF + 0o17 + 1_000", 1040],
    ["2.5e-1 + .5", 0.75],
    ["tau / 4 + π / 2", Math.PI],
    ["arccos(0) + arcsin(1)", Math.PI],
    ["arctan(1) * 4", Math.PI],
    ["sqrt(2.25) + floor(1.5) + ceiling(1.5)", 4.5],
    ['popcount("1011") + mod(7, 4)', 6],
    ["int(3.7) + float(1)", 4],
    ['uint[2](7) + int[2]("11")', 2],
    ['int(rotl("0011", 1)) + int(rotr("0011", 1))', 15],
    ['int("0011" << 1) + int(~"0011")', 18],
    ["angle[2](2)", Math.PI / 2],
    ["2 > 1 && 1 >= 1 || false", 1],
  ])("%s is %f", (text, expected) => {
    expect(value(text)).toBeCloseTo(expected, 14);
  });

  test("division of integers that loses something is said", () => {
    expect(read("qubit q; rx(3 / 4) q;").warnings).toEqual([
      "3/4 divides integers and gives 0; write 3.0 for the fraction",
    ]);
  });

  test("integers wrap to their size, and bits of them are read and set", () => {
    expect(
      lines("qubit[4] q; uint[4] a = 15; a += 2; a[3] = true; for uint i in [0:3] if (a[i]) x q[i];"),
    ).toEqual(["x 0", "x 3"]);
  });
});

describe("measured values", () => {
  test("a branch on one bit, its else, and branches inside become conditions", () => {
    expect(
      lines(`qubit[3] q; bit[2] c = measure q[0:1];
        if (c[0]) { x q[2]; if (c[1] == 0) y q[2]; } else z q[2];`),
    ).toEqual(["measure 0 0", "measure 1 1", "if 0==1 x 2", "if 0,1==1 y 2", "if 0==0 z 2"]);
  });

  test("any function of a few bits decides, each way it holds once", () => {
    expect(lines("qubit[3] q; bit[2] c = measure q[0:1]; if (c[0] ^ c[1]) x q[2];")).toEqual([
      "measure 0 0",
      "measure 1 1",
      "if 0,1==2 x 2",
      "if 0,1==1 x 2",
    ]);
    expect(lines("qubit[3] q; bit[2] c = measure q[0:1]; if (c > 1) x q[2];").slice(2)).toEqual([
      "if 1==1 x 2",
    ]);
    expect(
      lines(
        "qubit[3] q; bit[2] c = measure q[0:1]; switch (c) { case 0, 3 { x q[2]; } default { y q[2]; } }",
      ).slice(2),
    ).toEqual(["if 0,1==0 x 2", "if 0,1==3 x 2", "if 0,1==2 y 2", "if 0,1==1 y 2"]);
  });

  test("a register of any size is compared with a number", () => {
    expect(
      lines("qubit[20] q; bit[20] c = measure q; if (c == 524289) x q[0]; if (2097152 == c) y q[0];").slice(
        20,
      ),
    ).toEqual([`if ${Array.from({ length: 20 }, (_, i) => i)}==524289 x 0`]);
  });

  test("values stay what they were when the bit is measured again", () => {
    const text = `qubit[2] q; bit a; bit c; x q[0]; c = measure q[0]; a = c; reset q[0]; c = measure q[0];
      if (a) x q[1]; bit r = measure q[1];`;
    const circuit = read(text);
    expect(circuit.cregs.map(({ name }) => name)).toEqual(["a", "c", "r"]);
    expect(counts(text)).toEqual({ "1 0 1": 400 });
  });

  test("a bit is measured again in place when nothing else looks at it", () => {
    expect(read("qubit q; bit c; for int i in [1:50] { c = measure q; if (c) x q; }").bits).toBe(1);
  });

  test("a measurement under a condition leaves the bit alone elsewhere", () => {
    expect(
      counts("qubit[2] q; bit[2] c; x q[1]; c[0] = measure q[0]; if (c[0]) c[1] = measure q[1];"),
    ).toEqual({
      "00": 400,
    });
    expect(counts("qubit[2] q; bit[2] c; x q; c[0] = measure q[0]; if (c[0]) c[1] = measure q[1];")).toEqual({
      "11": 400,
    });
  });

  test("a bit that decides can be measured into once, as the last thing its condition says", () => {
    expect(
      lines("qubit[2] q; bit[2] c; c[0] = measure q[0]; if (c == 1) { x q[1]; c[0] = measure q[1]; }"),
    ).toEqual(["measure 0 0", "if 0==1 x 1", "if 0==1 measure 1 0"]);
    for (const after of ["x q[1];", "int n; n = 2;", "if (c[0]) x q[1];"])
      expect(() =>
        read(
          `qubit q; bit c = measure q; if (c) { c = measure q; ${after.replaceAll("q[1]", "q").replace("c[0]", "c")} }`,
        ),
      ).toThrow("what follows a measurement into a bit that its own condition looks at");
  });

  test("what subroutines measure and return lands in the register it is given to", () => {
    const circuit = read(`def m(qubit[2] q) -> bit[2] { bit[2] b; b = measure q; return b; }
      qubit[2] q; x q[1]; bit[2] c; c = m(q);`);
    expect(circuit.cregs).toEqual([{ name: "c", start: 0, size: 2 }]);
    expect(circuit.bits).toBe(2);
    expect(Object.fromEntries(runCircuit(circuit, { shots: 9, seed: 1n }).counts)).toEqual({ "10": 9 });
  });

  test("classical values computed under a condition follow it", () => {
    expect(
      counts(`qubit[2] q; x q[0]; bit c = measure q[0]; int n = 0; if (c) n = 5; n *= 2;
        if (n == 10) x q[1]; bit r = measure q[1];`),
    ).toEqual({ "1 1": 400 });
  });

  test("computed registers decide, but are not shown; outputs choose what is", () => {
    const computed = read("qubit[2] q; bit[2] c = measure q; bit odd = c[0] ^ c[1]; if (odd) x q[0];");
    expect(computed.cregs.map(({ name }) => name)).toEqual(["c"]);
    expect(computed.warnings).toEqual(["'odd' is computed: no count shows it"]);
    expect(read("output bit r; qubit[2] q; bit c = measure q[0]; r = measure q[1];").cregs).toEqual([
      { name: "r", start: 0, size: 1 },
    ]);
  });

  test("bits inside blocks are no registers", () => {
    const circuit = read("qubit q; for int i in [0:2] { bit c = measure q; if (c) x q; } bit r = measure q;");
    expect([circuit.cregs.length, circuit.bits]).toEqual([1, 4]);
  });
});

describe("either version", () => {
  test.each([
    ["OPENQASM 3;", 3],
    ["// a\n/* b */ OPENQASM\n3.0;", 3],
    ['include "stdgates.inc";', 3],
    ["OPENQASM 2.0;", 2],
    ['include "qelib1.inc";', 2],
    ["/* OPENQASM 3; ", 2],
    ["", 2],
  ])("%j is version %i", (text, version) => {
    expect(qasmVersion(text)).toBe(version);
    expect(qasmMediaType(text)).toBe(`text/x-openqasm;version=${version}.0`);
  });

  test("parseQasm reads both", () => {
    const two = parseQasm('OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q; cx q[0],q[1];', "t.qasm");
    const three = parseQasm('OPENQASM 3; include "stdgates.inc"; qubit[2] q; h q; cx q[0], q[1];', "t.qasm");
    expect(show(two)).toEqual(show(three));
  });

  test.each([["4.0"], ["3.7"]])("version %s is refused", (version) => {
    expect(() => parseQasm(`OPENQASM ${version}; qubit q;`, "t.qasm")).toThrow(version);
  });
});
