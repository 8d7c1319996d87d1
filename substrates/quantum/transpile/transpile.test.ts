import { createRandom, type Random } from "@arqon/core/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Circuit, CircuitBuilder, operandsOf, timingOf } from "../circuit.ts";
import { toQasm2 } from "../export/index.ts";
import { circuitFeatures } from "../features.ts";
import { GATES, gateCode } from "../gates/table.ts";
import { parseQasm2 } from "../qasm/parser.ts";
import { parseQasm3 } from "../qasm3/index.ts";
import { runCircuit } from "../run.ts";
import { isEquivalent, unitaryDifference } from "./equivalent.ts";
import { type Target, targetOf } from "./target.ts";
import { transpile } from "./transpile.ts";

const BASES = {
  cx: ["rz", "sx", "x", "cx"],
  cz: ["rz", "sx", "x", "cz"],
  ecr: ["rz", "sx", "x", "ecr"],
  rzz: ["rz", "sx", "x", "rzz"],
  "cz and rzz": ["rz", "sx", "x", "cz", "rzz"],
  "u3 and cx": ["u1", "u2", "u3", "cx"],
  "ry and cz": ["rz", "ry", "cz"],
} as const;
type BasisName = keyof typeof BASES;

/** Gates of the whole table on random qubits, every third one of two qubits or more. */
function randomCircuit(random: Random, qubits: number, length: number): Circuit {
  const out = new CircuitBuilder("random");
  out.qreg("q", qubits);
  const pick = (n: number): number => Math.floor(random.nextDouble() * n);
  for (let i = 0; i < length; i++) {
    const fitting = GATES.filter((gate) => gate.qubits <= qubits && gate.qubits > 1 === (i % 3 === 0));
    const gate = fitting[pick(fitting.length)] as (typeof GATES)[number];
    const free = Array.from({ length: qubits }, (_, q) => q);
    const on = Array.from({ length: gate.qubits }, () => free.splice(pick(free.length), 1)[0] as number);
    const parameters = gate.parameters.map(() =>
      pick(2) ? (pick(9) - 4) * (Math.PI / 4) : 7 * random.nextDouble(),
    );
    out.gate(gate.name, parameters, on);
  }
  return out.build();
}

/** A random tree on the qubits, and some edges more; each pair one way or both. */
function randomCoupling(random: Random, qubits: number): [number, number][] {
  const pairs: [number, number][] = [];
  const pick = (n: number): number => Math.floor(random.nextDouble() * n);
  for (let q = 1; q < qubits; q++) {
    const other = pick(q);
    pairs.push(pick(2) ? [q, other] : [other, q]);
    if (pick(4) === 0) pairs.push([other, q]);
    if (q > 2 && pick(3) === 0) pairs.push([q, q - 2]);
  }
  return pairs;
}

/** Only gates of the basis, only on coupled pairs. */
function foreign(circuit: Circuit, { gates, coupling }: Target): string[] {
  const pairs = coupling && new Set(coupling.map(({ from, to }) => `${from} ${to}`));
  return Array.from(circuit.codes.keys()).flatMap((i) => {
    const gate = GATES[circuit.codes[i] as number];
    if (!gate) return [];
    const on = operandsOf(circuit, i).join(" ");
    return gates.has(gate.name) && (gate.qubits === 1 || !pairs || pairs.has(on))
      ? []
      : [`${gate.name} ${on}`];
  });
}

describe.each(Object.keys(BASES) as BasisName[])("compiled to %s", (basis) => {
  test("a random circuit on a random machine is the same circuit, in its gates and on its pairs", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.integer({ min: 2, max: 5 }),
        (seed, qubits) => {
          const random = createRandom(seed);
          const circuit = randomCircuit(random, qubits, 12);
          const target = targetOf("a", BASES[basis], randomCoupling(random, qubits + 2));
          const made = transpile(circuit, target, { trials: 2 });
          expect(foreign(made.circuit, target)).toEqual([]);
          expect(unitaryDifference(circuit, made.circuit, made)).toBeLessThan(1e-12);
        },
      ),
      { numRuns: 25, seed: 5 },
    );
  });

  test("without a coupling, too", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (seed) => {
        const circuit = randomCircuit(createRandom(seed), 4, 20);
        const target = targetOf("a", BASES[basis]);
        const made = transpile(circuit, target);
        expect(foreign(made.circuit, target)).toEqual([]);
        expect(unitaryDifference(circuit, made.circuit, made)).toBeLessThan(1e-12);
      }),
      { numRuns: 10, seed: 6 },
    );
  });
});

const LINE = (n: number): [number, number][] => Array.from({ length: n - 1 }, (_, q) => [q, q + 1]);
const read = (body: string) => parseQasm2(`OPENQASM 2.0; include "qelib1.inc"; ${body}`, "test.qasm");

test("gates that cancel through others are gone", () => {
  const circuit = read(
    "qreg q[3]; cx q[0],q[1]; rz(0.3) q[0]; x q[1]; cx q[0],q[2]; cx q[0],q[1]; cx q[0],q[2];",
  );
  const { circuit: made } = transpile(circuit, targetOf("a", BASES.cx));
  expect(circuitFeatures(made).twoQubitGates).toBe(0);
  expect(unitaryDifference(circuit, made)).toBeLessThan(1e-12);
});

test("any two-qubit run takes at most three gates, and a swap of the circuit none", () => {
  const circuit = read(
    "qreg q[2]; rzz(0.3) q[0],q[1]; rxx(0.7) q[1],q[0]; sdg q; rxx(1.2) q[0],q[1]; s q; t q[0]; swap q[0],q[1];",
  );
  const made = transpile(circuit, targetOf("a", BASES.ecr, LINE(2)));
  expect(circuitFeatures(made.circuit).twoQubitGates).toBe(3);
  expect(made.finalLayout).toEqual([...made.layout].reverse());
  expect(unitaryDifference(circuit, made.circuit, made)).toBeLessThan(1e-12);
});

test("a circuit that fits is laid out without swaps, on the qubits that lose least", () => {
  const circuit = read("qreg q[3]; h q[0]; cx q[0],q[1]; cx q[0],q[2];");
  const plain = targetOf("line", BASES.cx, LINE(6));
  const losses = [0.1, 0.1, 0.1, 0.01, 0.01];
  const target = {
    ...plain,
    coupling: plain.coupling?.map((pair, k) => ({ ...pair, loss: losses[k] as number })),
  } as Target;
  const made = transpile(circuit, target);
  expect([made.swaps, made.layout[0], [...made.layout].sort()]).toEqual([0, 4, [3, 4, 5]]);
});

test("delays stay between what stood around them, on the qubit it is on then, and boxes around what they held", () => {
  const circuit = parseQasm3(
    `OPENQASM 3.0; include "stdgates.inc"; qubit[4] q; bit c; h q[0]; delay[100ns] q[0]; h q[0]; cx q[0], q[3]; cx q[0], q[1];
     cx q[0], q[2]; delay[7dt] q[0], q[3]; box[1us] { cx q[1], q[3]; } c = measure q[2]; if (c) delay[9ns] q[3];`,
    "t",
  );
  const made = transpile(circuit, targetOf("line", BASES.cz, LINE(5)));
  const timed = (each: Circuit) =>
    Array.from(each.codes.keys()).flatMap((i) => {
      const timing = timingOf(each, i);
      return timing ? [{ ...timing, conditional: (each.conditionOf[i] as number) >= 0 }] : [];
    });
  expect(timed(made.circuit)).toEqual(timed(circuit));
  const first = Array.from(made.circuit.codes.keys()).find((i) => timingOf(made.circuit, i)) as number;
  expect([...operandsOf(made.circuit, first)]).toEqual([made.layout[0]]);
  // The two h gates around the first delay would be nothing without it.
  const around = Array.from(made.circuit.codes.keys()).filter(
    (i) =>
      GATES[made.circuit.codes[i] as number]?.name === "sx" &&
      operandsOf(made.circuit, i)[0] === made.layout[0],
  );
  expect(around.some((i) => i < first) && around.some((i) => i > first)).toBe(true);
  const last = Array.from(made.circuit.codes.keys()).findLast((i) => timingOf(made.circuit, i)) as number;
  expect([...operandsOf(made.circuit, last)]).toEqual([made.finalLayout[3]]);
});

test("measurements, resets, conditions and barriers keep their order and meaning on any machine", () => {
  const circuit = read(
    `qreg q[4]; creg c[2]; creg d[2]; h q[0]; cx q[0],q[3]; measure q[0]->c[0]; if(c==1) ccx q[3],q[1],q[2];
     if(c==1) rx(1.1) q[1]; barrier q; reset q[0]; swap q[1],q[2]; ry(0.7) q[0]; cx q[0],q[2]; measure q[1]->c[1]; measure q[2]->d[0]; measure q[3]->d[1];`,
  );
  for (const basis of Object.values(BASES)) {
    const made = transpile(circuit, targetOf("line", basis, LINE(5)));
    const shots = 20_000;
    const [own, other] = [circuit, made.circuit].map((each) => runCircuit(each, { shots, seed: 3n }).counts);
    const keys = new Set([...(own?.keys() ?? []), ...(other?.keys() ?? [])]);
    for (const key of keys) {
      const [x, y] = [own?.get(key) ?? 0, other?.get(key) ?? 0];
      expect(Math.abs(x - y)).toBeLessThan(5 * Math.sqrt(x + y + 1));
    }
    expect(other).toEqual(runCircuit(made.circuit, { shots, seed: 3n }).counts);
  }
});

test("the same circuit, machine and seed give the same result", () => {
  const circuit = randomCircuit(createRandom(8n), 6, 40);
  const target = targetOf("line", BASES.cz, LINE(9));
  const [one, two] = [transpile(circuit, target, { seed: 4n }), transpile(circuit, target, { seed: 4n })];
  expect(one).toEqual(two);
});

test("what cannot be compiled is refused by code", () => {
  const three = read("qreg q[3]; cx q[0],q[1]; cx q[1],q[2]; cx q[0],q[2];");
  const refused = { code: "TRANSPILE_IMPOSSIBLE" };
  expect(() => transpile(three, targetOf("a", BASES.cx, LINE(2)))).toThrow(expect.objectContaining(refused));
  expect(() =>
    transpile(
      three,
      targetOf("apart", BASES.cx, [
        [0, 1],
        [2, 3],
      ]),
    ),
  ).toThrow(expect.objectContaining(refused));
  expect(() => transpile(three, targetOf("single", ["rz", "sx"]))).toThrow(expect.objectContaining(refused));
  expect(() => targetOf("a", ["h", "t", "cx"])).toThrow(expect.objectContaining(refused));
  expect(() => targetOf("a", BASES.cx, [[1, 1]])).toThrow(expect.objectContaining(refused));
});

test("circuits that differ are told apart", () => {
  const [x, y] = [read("qreg q[2]; h q[0]; cx q[0],q[1];"), read("qreg q[2]; h q[0]; cx q[0],q[1]; t q[1];")];
  expect(unitaryDifference(x, y)).toBeGreaterThan(0.1);
  expect(unitaryDifference(x, x, { finalLayout: [1, 0] })).toBeGreaterThan(0.1);
  const measured = read("qreg q[2]; creg c[2]; h q[0]; measure q[0]->c[1];");
  expect(unitaryDifference(measured, read("qreg q[2]; creg c[2]; h q[0]; measure q[1]->c[1];"))).toBe(
    Infinity,
  );
});

test("ecr is written with its definition, and read back as one gate; so is Qiskit's own definition of it", () => {
  const made = transpile(
    read("qreg q[2]; h q[0]; cx q[0],q[1];"),
    targetOf("a", BASES.ecr, [[1, 0]]),
  ).circuit;
  expect(parseQasm2(toQasm2(made), "again.qasm").codes).toEqual(made.codes);
  const rzx = "gate rzx(p) a,b { h b; cx a,b; rz(p) b; cx a,b; h b; } ";
  const ecr = `${rzx} gate ecr a,b { rzx(pi/4) a,b; x a; rzx(-pi/4) a,b; }`;
  expect(Array.from(read(`${ecr} qreg q[2]; ecr q[0],q[1];`).codes)).toEqual([gateCode("ecr")]);
  const other = "gate ecr a,b { cx a,b; }";
  expect(Array.from(read(`${other} qreg q[2]; ecr q[0],q[1];`).codes)).toEqual([gateCode("cx")]);
});

describe("angles", () => {
  const compiled = (gates: string): number => {
    const text = `OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q; ${gates} h q;`;
    const circuit = parseQasm2(text, "angles.qasm");
    return Math.max(
      ...Object.entries(BASES).map(([name, basis]) => {
        const made = transpile(circuit, targetOf(name, basis));
        return unitaryDifference(circuit, made.circuit, made);
      }),
    );
  };

  test("close to a pole cost no digits", () => {
    for (const small of ["2e-9", "5e-10", "3e-9"])
      expect(compiled(`u(${small}, 1.1, 2.3) q[0]; u3(pi - ${small}, 1.1, 2.3) q[1];`)).toBeLessThan(1e-12);
  });

  test("of two-qubit gates are kept however small they are", () => {
    const two = "rzz rxx crx cry crz cp cu1".split(" ");
    for (const small of ["3e-12", "4e-11", "-8e-10", "5e-9"]) {
      for (const gate of two) expect(compiled(`${gate}(${small}) q[0],q[1];`)).toBeLessThan(1e-12);
      expect(compiled(`cu3(${small}, 0.3, -0.2) q[0],q[1]; cx q[0],q[1];`)).toBeLessThan(1e-12);
      expect(compiled(`rzz(pi/2 + ${small}) q[0],q[1]; rxx(${small}) q[0],q[1];`)).toBeLessThan(1e-12);
      expect(compiled(`swap q[0],q[1]; rzz(${small}) q[0],q[1]; ry(${small}) q[0];`)).toBeLessThan(1e-12);
    }
  });

  test("that differ by more than the tolerance make circuits that are not equivalent", () => {
    const [one, other] = ["0.3", "0.300000000004"].map((angle) =>
      read(`qreg q[2]; rzz(${angle}) q[0],q[1];`),
    );
    expect(isEquivalent(one as Circuit, other as Circuit)).toBe(false);
    expect(isEquivalent(one as Circuit, other as Circuit, {}, 1e-11)).toBe(true);
  });

  test("of many turns cost no digits", () => {
    for (const large of ["1e10", "-12345678901.5", "1e17"])
      expect(compiled(`rzz(${large}) q[0],q[1];`)).toBeLessThan(1e-12);
  });
});

test("a circuit of few large gates is refused before its expansion fills the memory", () => {
  const out = new CircuitBuilder("large");
  out.qreg("q", 5);
  for (let i = 0; i < 50_000; i++) out.gate("c4x", [], [0, 1, 2, 3, 4]);
  expect(() => transpile(out.build(), targetOf("cz", BASES.cz))).toThrow(/limit of compiling is 1000000/);
});

describe("one-qubit gates that need not be written", () => {
  const BOTH = (n: number): [number, number][] =>
    LINE(n).flatMap(
      ([a, b]) =>
        [
          [a, b],
          [b, a],
        ] as [number, number][],
    );

  test("a CX stays one gate whichever way it points, where the pair can be used both ways", () => {
    const circuit = read("qreg q[3]; cx q[1],q[0]; cx q[1],q[2]; cx q[0],q[1]; cx q[2],q[1];");
    const made = transpile(circuit, targetOf("a", BASES.cx, BOTH(3)));
    expect(made.circuit.length).toBe(4);
  });

  test.each(["cx", "cz", "ecr"] as const)(
    "turns about Z go past what they commute with, with %s",
    (basis) => {
      const circuit = read(
        "qreg q[2]; h q[0]; rz(0.3) q[0]; cx q[0],q[1]; rz(0.4) q[0]; cx q[0],q[1]; h q[1]; cx q[0],q[1]; rz(-0.7) q[0];",
      );
      const made = transpile(circuit, targetOf("a", BASES[basis], LINE(2)));
      expect(unitaryDifference(circuit, made.circuit, made)).toBeLessThan(1e-12);
      // The turns of the control are together nothing.
      const turns = Array.from(made.circuit.codes.keys()).filter(
        (i) =>
          GATES[made.circuit.codes[i] as number]?.name === "rz" &&
          operandsOf(made.circuit, i)[0] === made.layout[0],
      );
      const angles = turns.map(
        (i) => made.circuit.parameters[made.circuit.parameterAt[i] as number] as number,
      );
      expect(angles.every((angle) => Math.abs(Math.sin(2 * angle)) < 1e-9)).toBe(true);
    },
  );
});
