import { describe, expect, test } from "vitest";
import { BARRIER, type Circuit, MEASURE, operandsOf, parametersOf, RESET } from "../circuit.ts";
import { circuitFeatures } from "../features.ts";
import { GATES } from "../gates/table.ts";
import { parseQasm2 } from "./parser.ts";

const HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n';

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
const parse = (text: string): string[] => show(parseQasm2(HEAD + text, "t.qasm"));

describe("what is accepted", () => {
  test("every statement of the language flattens to instructions", () => {
    expect(
      parse(`qreg q[2]; qreg r[2]; creg c[2]; // a comment
        h q; cx q,r; U(pi/2,0,-pi) q[1]; CX q[0],r[1]; cx q[0],r;
        barrier q,r[0]; measure q -> c; if(c==2) u1(0.5) r[1]; if (c == 1) reset q; reset r[0];
        if(c==3) measure q[1]->c[0];`),
    ).toEqual([
      "h 0",
      "h 1",
      "cx 0 2",
      "cx 1 3",
      `U(${Math.PI / 2},0,${-Math.PI}) 1`,
      "CX 0 3",
      "cx 0 2",
      "cx 0 3",
      "barrier 0 1 2",
      "measure 0 0",
      "measure 1 1",
      "if 0,1==2 u1(0.5) 3",
      "if 0,1==1 reset 0",
      "if 0,1==1 reset 1",
      "reset 2",
      "if 0,1==3 measure 1 0",
    ]);
  });

  test("expressions follow the usual precedence, with ^ strongest and to the right", () => {
    const value = (text: string): number =>
      Number(parse(`qreg q[1]; u1(${text}) q[0];`)[0]?.match(/\((.*)\)/)?.[1]);
    expect(value("1+2*3-4/2")).toBe(5);
    expect(value("2^3^2")).toBe(512);
    expect(value("-2^2")).toBe(-4);
    expect(value("2^-1")).toBe(0.5);
    expect(value("pi*-0.25")).toBe(-Math.PI / 4);
    expect(value("8/4/2")).toBe(1);
    expect(value("--1.5e1+.5-1.")).toBe(14.5);
    expect(value("sqrt(4)+ln(exp(1))*cos(0)")).toBeCloseTo(3, 14);
    expect(value("sin(pi/6)+tan(pi/4)")).toBeCloseTo(1.5, 14);
    expect(value("((((1))))")).toBe(1);
  });

  test("custom gates expand with parameters, barriers and gates in gates", () => {
    expect(
      parse(`gate a(x,y) p,q { u1(x*2) p; barrier p,q; cx q,p; U(y,-x,0) q; }
        gate b(t) p,q { a(t/2,t) q,p; } gate none p {} qreg q[3]; b(1) q[2],q[0]; none q[1]; b(3) q[0],q[1];`),
    ).toEqual([
      "u1(1) 0",
      "barrier 0 2",
      "cx 2 0",
      "U(1,-0.5,0) 2",
      "u1(3) 1",
      "barrier 1 0",
      "cx 0 1",
      "U(3,-1.5,0) 0",
    ]);
  });

  test("U and CX need no library, and a file may define library names of its own when it does not include it", () => {
    const circuit = parseQasm2(
      "OPENQASM 2.0; gate h a { U(pi/2,0,pi) a; } qreg q[2]; h q[0]; CX q[0],q[1];",
      "t",
    );
    expect(show(circuit)).toEqual([`U(${Math.PI / 2},0,${Math.PI}) 0`, "CX 0 1"]);
  });

  test("a file written against the library of 2017 may define the gates added since", () => {
    expect(parse("gate sx a { s a; h a; sdg a; } qreg q[1]; sx q[0];")).toEqual(["s 0", "h 0", "sdg 0"]);
    expect(parse("gate swap a,b { cx b,a; } qreg q[2]; swap q[0],q[1];")).toEqual(["cx 1 0"]);
    expect(parse("gate cp(x) a,b { cu1(x*1.001) a,b; } qreg q[2]; cp(1) q[0],q[1];")).toEqual([
      "cu1(1.001) 0 1",
    ]);
    // What is the same gate stays one.
    expect(parse("gate sx a { sdg a; h a; sdg a; } qreg q[1]; sx q[0];")).toEqual(["sx 0"]);
    expect(parse("gate cp(x) a,b { cu1(x) a,b; } qreg q[2]; cp(1) q[0],q[1];")).toEqual(["cp(1) 0 1"]);
    expect(parse("qreg p[1]; sx p[0];")).toEqual(["sx 0"]);
    const own = parseQasm2(
      'OPENQASM 2.0; gate p(x) a { U(0,0,x) a; } include "qelib1.inc"; qreg q[1]; p(1) q[0];',
      "t",
    );
    expect(show(own)).toEqual(["U(0,0,1) 0"]);
  });

  test("opaque declarations are accepted as long as nobody uses them", () => {
    expect(parse("opaque magic(a,b) x,y; qreg q[1]; x q[0];")).toEqual(["x 0"]);
  });

  test("a missing version line is a warning when the text starts with the library", () => {
    const circuit = parseQasm2('include "qelib1.inc"; qreg q[1]; x q;', "t");
    expect(circuit.warnings).toEqual([
      "the text does not start with 'OPENQASM 2.0;'; it was read as OpenQASM 2",
    ]);
  });

  test("a condition that can never hold is a warning", () => {
    expect(parseQasm2(`${HEAD}qreg q[1]; creg c[2]; if(c==4) x q[0];`, "t").warnings).toEqual([
      "register 'c' of 2 bits never has the value '4'",
    ]);
    expect(
      parseQasm2(`${HEAD}qreg q[1]; creg c[2]; if(c==${"9".repeat(30_000)}) x q[0];`, "t").warnings.length,
    ).toBe(1);
  });

  test("features count gates and the longest chain", () => {
    const circuit = parseQasm2(
      `${HEAD}qreg q[3]; creg c[1]; h q; cx q[0],q[1]; ccx q[0],q[1],q[2]; measure q[2]->c[0]; if(c==1) x q[0];`,
      "t",
    );
    expect(circuitFeatures(circuit)).toEqual({
      qubits: 3,
      bits: 1,
      depth: 5,
      oneQubitGates: 4,
      twoQubitGates: 1,
      largerGates: 1,
      measurements: 1,
      resets: 0,
      conditionals: 1,
    });
  });
});
