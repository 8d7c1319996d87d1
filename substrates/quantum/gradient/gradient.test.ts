import { describe, expect, test } from "vitest";
import { expectation, parseQasm, statevector } from "../index.ts";
import { circuitGradient, gateAngles, inputAngles, parseObservable } from "./index.ts";

const HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\n';
const TAIL = "measure q -> c;\n";
const ansatz = (body: string) => parseQasm(`${HEAD}${body}\n${TAIL}`, "ansatz.qasm");
const exact = { shots: 0, seed: 1n };
const angles = (circuit: ReturnType<typeof ansatz>, values: Float64Array) => ({
  ...circuit,
  parameters: values,
});

/** Central differences, as a judge of the shift rule. */
function byDifferences(
  circuit: ReturnType<typeof ansatz>,
  observable: ReturnType<typeof parseObservable>,
): number[] {
  const h = 1e-5;
  return Array.from(circuit.parameters, (at, k) => {
    const [above, below] = [h, -h].map((step) => {
      const moved = circuit.parameters.slice();
      moved[k] = at + step;
      return expectation(statevector(angles(circuit, moved)), observable);
    }) as [number, number];
    return (above - below) / (2 * h);
  });
}

describe("gradients of circuits", () => {
  test("every gate with an angle has the derivative that differences give", () => {
    const circuit = ansatz(
      `h q[0]; rx(0.3) q[0]; ry(1.1) q[1]; rz(0.7) q[0]; u1(0.2) q[1]; u2(0.4,0.9) q[0]; u3(0.5,1.3,-0.6) q[1];
       cx q[0],q[1]; crx(0.8) q[0],q[1]; cry(-0.4) q[1],q[0]; crz(1.7) q[0],q[1]; cu1(0.6) q[0],q[1]; cp(0.35) q[1],q[0];
       cu3(0.9,0.2,1.4) q[0],q[1]; cu(0.3,0.8,-0.5,0.25) q[1],q[0]; rxx(0.65) q[0],q[1]; rzz(1.2) q[0],q[1]; ry(0.4) q[0];`,
    );
    const observable = parseObservable("0.5*ZZ - 0.25*XI + 1.5*YX + II");
    const { derivatives, value } = circuitGradient(circuit, gateAngles(circuit), observable, exact);
    const expected = byDifferences(circuit, observable);
    expect(derivatives).toHaveLength(expected.length);
    derivatives.forEach(({ value, low, high }, k) => {
      expect(value, `angle ${k}`).toBeCloseTo(expected[k] as number, 8);
      expect([low, high]).toEqual([value, value]);
    });
    expect(value.value).toBeCloseTo(expectation(statevector(circuit), observable), 12);
  });

  test("how long qubits wait is no angle, whatever input it follows", () => {
    const source = `OPENQASM 3.0; include "stdgates.inc"; input float theta;
      qubit[1] q; bit[1] c; ry(theta) q[0]; delay[theta * theta * 1us] q[0]; c = measure q;`;
    const circuitAt = (inputs: Readonly<Record<string, number>>) => parseQasm(source, "in.qasm", { inputs });
    expect(gateAngles(circuitAt({ theta: 0.4 })).map(({ name }) => name)).toEqual(["0:ry.theta"]);
    expect(inputAngles(circuitAt, { theta: 0.4 })[0]?.uses).toHaveLength(1);
  });

  test("an input that enters several gates has the sum of its uses, by the chain rule", () => {
    const source = `OPENQASM 3.0; include "stdgates.inc"; input float theta; input float phi;
      qubit[2] q; bit[2] c; ry(theta) q[0]; cx q[0], q[1]; rz(2*theta + phi) q[1]; rx(-phi/2) q[1]; c = measure q;`;
    const at = { theta: 0.4, phi: 1.3 };
    const circuitAt = (inputs: Readonly<Record<string, number>>) => parseQasm(source, "in.qasm", { inputs });
    const observable = parseObservable("YZ + 0.5*ZI");
    const { derivatives, evaluations } = circuitGradient(
      circuitAt(at),
      inputAngles(circuitAt, at),
      observable,
      exact,
    );
    expect(evaluations).toBe(7);
    for (const [k, name] of ["theta", "phi"].entries()) {
      const f = (x: number) => expectation(statevector(circuitAt({ ...at, [name]: x })), observable);
      const x = at[name as keyof typeof at];
      expect(derivatives[k]?.value).toBeCloseTo((f(x + 1e-5) - f(x - 1e-5)) / 2e-5, 8);
    }
  });

  test("intervals from shots hold the exact value as often as they say", () => {
    const circuit = ansatz("ry(0.7) q[0]; cx q[0],q[1]; rx(0.4) q[1];");
    const parameters = gateAngles(circuit);
    const observable = parseObservable("ZZ + 0.5*XI");
    const truth = circuitGradient(circuit, parameters, observable, exact).derivatives;
    let [held, all] = [0, 0];
    for (let seed = 0n; seed < 150n; seed++) {
      const { derivatives } = circuitGradient(circuit, parameters, observable, { shots: 400, seed });
      derivatives.forEach(({ low, high }, k) => {
        const { value } = truth[k] as { value: number };
        held += low <= value && value <= high ? 1 : 0;
        all++;
      });
    }
    // 95 % of 300, within four standard deviations.
    expect(held / all).toBeGreaterThan(0.95 - 0.05);
    const twice = [1, 2].map(() => circuitGradient(circuit, parameters, observable, { shots: 50, seed: 9n }));
    expect(twice[0]).toEqual(twice[1]);
  });

  test.each([
    ["measure q[0] -> c[0]; rx(0.2) q[0];", "follows a measurement"],
    ["reset q[0]; rx(0.2) q[0];", "reset"],
    ["measure q[0] -> c[0]; if(c==1) rx(0.2) q[1];", "depends on a measurement"],
  ])("a state that depends on chance has none: %s", (body, why) => {
    const circuit = ansatz(body);
    expect(() => circuitGradient(circuit, gateAngles(circuit), parseObservable("ZZ"), exact)).toThrow(why);
  });

  test("gates or angles that bend with an input are refused", () => {
    const read = (body: string) => (inputs: Readonly<Record<string, number>>) =>
      parseQasm(`OPENQASM 3.0; include "stdgates.inc"; input float a; qubit[1] q; ${body}`, "in.qasm", {
        inputs,
      });
    expect(() => inputAngles(read("rx(a*a) q[0];"), { a: 0.5 })).toThrow("not linear");
    expect(() => inputAngles(read("if (a > 0.5) { x q[0]; } rx(a) q[0];"), { a: 0.5 })).toThrow("depends on");
  });
});

describe("observables", () => {
  test("are sums of Pauli strings, equal ones added", () => {
    expect(parseObservable("ZZ")).toEqual([["ZZ", 1]]);
    expect(parseObservable("0.5*zz - .25*XI+YY - ZZ")).toEqual([
      ["ZZ", -0.5],
      ["XI", -0.25],
      ["YY", 1],
    ]);
    expect(parseObservable("-1e-3*X")).toEqual([["X", -0.001]]);
  });

  test.each(["", "  ", "AB", "Z ZZ", "ZZ+", "0.5*", "ZZ XX", "1e999*Z", "2Z", "Z".repeat(10_001)])(
    "%j is refused by its place",
    (text) => expect(() => parseObservable(text)).toThrow(/observable/),
  );
});
