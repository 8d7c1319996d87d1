import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Circuit, CircuitBuilder } from "../circuit.ts";
import { GATES } from "../gates/table.ts";
import {
  amplitudeDamping,
  coherentError,
  confusion,
  depolarizing,
  type NoiseModel,
  NoiseModelBuilder,
  pauliChannel,
  resetChannel,
  tensorChannels,
  thermalRelaxation,
} from "../noise/index.ts";
import { prepareNoisy } from "../noise/program.ts";
import { parseQasm2 } from "../qasm/parser.ts";
import { statevector } from "../run.ts";
import { densityDistribution, densityFast, densityOracle } from "./index.ts";

const qasm = (body: string): Circuit => parseQasm2(`OPENQASM 2.0; include "qelib1.inc"; ${body}`, "t");

/** Noise of every sort on common gates. */
function noisy(): NoiseModel {
  return new NoiseModelBuilder("made up")
    .after("h", depolarizing(0.03, 1))
    .after("h", amplitudeDamping(0.05, 0.1))
    .after("cx", depolarizing(0.05, 2))
    .afterEach("cx", thermalRelaxation({ t1: 50, t2: 90, excited: 0.02 }, 2), 2)
    .after("cx", tensorChannels(pauliChannel({ X: 0.1 }), resetChannel(0.02, 0.01)), [2, 0])
    .after(
      "ry",
      coherentError((GATES.find(({ name }) => name === "rz") as (typeof GATES)[number]).matrix([0.1])),
    )
    .after("ccx", depolarizing(0.1, 2), undefined, [2, 0])
    .after("reset", pauliChannel({ X: 0.05 }))
    .readout(confusion(0.02, 0.06))
    .readout(confusion(0.1, 0), 1)
    .schedule({
      gateNs: new Map([
        ["h", 1],
        ["cx", 3],
        ["cx 0 1", 5],
      ]),
      measureNs: [7, 7, 7, 7],
      relaxations: [
        { t1: 80, t2: 70, excited: 0 },
        undefined,
        { t1: 60, t2: 120, excited: 0.1 },
        { t1: 40, t2: 10, excited: 0 },
      ],
    })
    .build();
}

function same(circuit: Circuit, model: NoiseModel): void {
  const program = prepareNoisy(circuit, model);
  const [slow, fast] = [densityOracle, densityFast].map((engine) =>
    densityDistribution(program, engine(program)),
  );
  let total = 0;
  for (const key of new Set([...(slow?.keys() ?? []), ...(fast?.keys() ?? [])])) {
    expect(Math.abs((slow?.get(key) ?? 0) - (fast?.get(key) ?? 0))).toBeLessThan(1e-12);
    total += slow?.get(key) ?? 0;
  }
  expect(total).toBeCloseTo(1, 12);
}

const step = fc.constantFrom(
  "h q[0];",
  "h q[3];",
  "cx q[0],q[1];",
  "cx q[2],q[0];",
  "cx q[3],q[2];",
  "ry(0.7) q[1];",
  "t q[2];",
  "ccx q[0],q[2],q[3];",
  "rccx q[1],q[2],q[3];",
  "swap q[0],q[3];",
  "cu3(0.4,1,2) q[1],q[2];",
  "reset q[2];",
  "reset q[0];",
  "measure q[0]->c[0];",
  "measure q[2]->c[1];",
  "if(c==1) x q[3];",
  "if(c==2) cx q[0],q[1];",
  "if(c==3) reset q[1];",
  "barrier q;",
  "id q[1];",
);

describe("density matrices", () => {
  test("the fast engine and the sums of Kraus operators agree on random noisy circuits with measurements and conditions", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 18 }), (steps) => {
        const measured = steps.filter((text) => text.startsWith("measure")).length;
        fc.pre(measured <= 4);
        same(qasm(`qreg q[4]; creg c[2]; creg d[4]; ${steps.join("")} measure q->d;`), noisy());
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  test("six qubits: maps on high positions, in runs, and channels that leave nothing", () => {
    const model = new NoiseModelBuilder("wide")
      .after("cx", tensorChannels(amplitudeDamping(0.2), depolarizing(0.1, 1)))
      .after("cz", depolarizing(0.3, 2))
      .after("swap", depolarizing(1, 2))
      .after("ccx", depolarizing(0.2, 3))
      .build();
    for (const [a, b] of [
      [3, 4],
      [4, 3],
      [5, 3],
      [0, 5],
      [2, 1],
    ] as const) {
      const layers = `h q; cx q[${a}],q[${b}]; ry(0.4) q; cz q[${b}],q[${a}]; rx(0.7) q; ccx q[3],q[5],q[4]; cu3(1,2,3) q[${a}],q[${b}];`;
      same(qasm(`qreg q[6]; creg c[6]; ${layers} ${layers} swap q[4],q[5]; ry(1) q; measure q->c;`), model);
    }
  });

  test("every gate, without noise, is what the statevector says", () => {
    const none = new NoiseModelBuilder("none").build();
    for (const [code, gate] of GATES.entries()) {
      const out = new CircuitBuilder(gate.name);
      out.qreg("q", 5);
      for (let q = 0; q < 5; q++) out.gate("u3", [0.5 + q, 0.3 * q, 1.1], [q]);
      out.gate(
        code,
        [0.4, 1.2, -0.7, 0.2].slice(0, gate.parameters.length),
        [3, 0, 4, 1, 2].slice(0, gate.qubits),
      );
      for (let q = 0; q < 5; q++) out.gate("u3", [0.2 + q, 1, 0.4], [q]);
      const circuit = out.build();
      const program = prepareNoisy(circuit, none);
      const state = densityFast(program);
      for (const one of program.steps) if (one.kind === "layers") state.apply(one.layers);
      const { re, im } = statevector(circuit);
      for (const [i, p] of state.probabilities().entries())
        expect(Math.abs(p - ((re[i] as number) ** 2 + (im[i] as number) ** 2))).toBeLessThan(1e-13);
    }
  });

  test("expectation values of Pauli products, of both engines", () => {
    const program = prepareNoisy(
      qasm("qreg q[3]; h q[0]; cx q[0],q[1]; cx q[1],q[2]; ry(0.3) q[2];"),
      noisy(),
    );
    const states = [densityOracle(program), densityFast(program)];
    for (const state of states)
      for (const one of program.steps) if (one.kind === "layers") state.apply(one.layers);
    for (const label of ["ZZI", "XXX", "IYY", "ZIZ", "III", "XYZ"]) {
      const [slow, fast] = states.map((state) => state.expectation(label)) as [number, number];
      expect(Math.abs(slow - fast)).toBeLessThan(1e-13);
    }
  });

  test("known answers: a depolarised Bell pair, a damped |1>, readout of nothing", () => {
    const bell = qasm("qreg q[2]; h q[0]; cx q[0],q[1];");
    const model = new NoiseModelBuilder("one").after("cx", depolarizing(0.2, 2)).build();
    const program = prepareNoisy(bell, model);
    const distribution = densityDistribution(program, densityFast(program));
    expect([...distribution.keys()]).toEqual(["00", "01", "10", "11"]);
    for (const [key, p] of distribution) expect(p).toBeCloseTo(key[0] === key[1] ? 0.45 : 0.05, 14);

    const decay = prepareNoisy(
      qasm("qreg q[1]; creg c[1]; x q[0]; measure q[0]->c[0];"),
      new NoiseModelBuilder("decay").after("x", amplitudeDamping(0.3)).readout(confusion(0.1, 0.2)).build(),
    );
    expect(densityDistribution(decay, densityFast(decay)).get("1")).toBeCloseTo(0.7 * 0.8 + 0.3 * 0.1, 14);

    const empty = prepareNoisy(
      qasm("qreg q[1]; creg c[1]; measure q[0]->c[0];"),
      new NoiseModelBuilder("r").readout(confusion(0.1, 0)).build(),
    );
    expect([...densityDistribution(empty, densityFast(empty))]).toEqual([
      ["0", 0.9],
      ["1", 0.1],
    ]);
  });

  test("waiting: a qubit that waits for another relaxes for exactly that time", () => {
    const relaxation = { t1: 100, t2: 60, excited: 0 };
    const model = new NoiseModelBuilder("idle")
      .schedule({
        gateNs: new Map([
          ["x", 10],
          ["h", 40],
          ["cx", 5],
        ]),
        measureNs: [0, 0],
        relaxations: [relaxation, undefined],
      })
      .build();
    const program = prepareNoisy(
      qasm("qreg q[2]; creg c[1]; x q[0]; h q[1]; cx q[1],q[0]; cx q[1],q[0]; measure q[0]->c[0];"),
      model,
    );
    expect(program.sites).toBe(1);
    expect(densityDistribution(program, densityFast(program)).get("1")).toBeCloseTo(Math.exp(-30 / 100), 12);
  });
});
