import { ArqonError } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import { chooseEngine, estimateCircuit, MAX_SHOTS, parseQasm2, runCircuit, statevector } from "./index.ts";

const HEAD = 'OPENQASM 2.0; include "qelib1.inc"; ';
const BELL = `${HEAD}qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q->c;`;

const parse = (text: string) => parseQasm2(HEAD + text, "t.qasm");
const run = (text: string, shots = 100, seed = 1n) => [...runCircuit(parse(text), { shots, seed }).counts];

describe("amplitudes written by hand", () => {
  const r = Math.SQRT1_2;
  test.each(["oracle", "fast"] as const)("%s", (engine) => {
    const state = (text: string) => {
      const { re, im } = statevector(parse(text), engine);
      return Array.from(re, (x, i) => [x, im[i] as number]);
    };
    const near = (text: string, expected: number[][]) =>
      state(text).forEach(([x, y], i) => {
        expect(x).toBeCloseTo(expected[i]?.[0] as number, 15);
        expect(y).toBeCloseTo(expected[i]?.[1] as number, 15);
      });
    near("qreg q[1]; h q[0]; s q[0];", [
      [r, 0],
      [0, r],
    ]);
    near("qreg q[2]; x q[1];", [
      [0, 0],
      [0, 0],
      [1, 0],
      [0, 0],
    ]);
    near("qreg q[2]; h q[0]; cx q[0],q[1]; z q[1];", [
      [r, 0],
      [0, 0],
      [0, 0],
      [-r, 0],
    ]);
    near("qreg q[2]; x q[0]; swap q[0],q[1]; y q[0];", [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 1],
    ]);
    near("qreg q[1]; ry(2*pi/3) q[0]; rz(pi) q[0];", [
      [0, -0.5],
      [0, Math.sqrt(3) / 2],
    ]);
    near("qreg q[3]; x q[0]; x q[1]; ccx q[0],q[1],q[2];", [...Array(7).fill([0, 0]), [1, 0]]);
    near("qreg q[2]; h q; cu1(pi/2) q[0],q[1];", [
      [0.5, 0],
      [0.5, 0],
      [0.5, 0],
      [0, 0.5],
    ]);
    near("qreg q[1];", [
      [1, 0],
      [0, 0],
    ]);
  });
});

describe("counts", () => {
  test("keys have the highest bit left and the last register leftmost", () => {
    expect(
      run("qreg q[3]; creg a[2]; creg b[1]; x q[0]; x q[2]; measure q[0]->a[0]; measure q[2]->b[0];"),
    ).toEqual([["1 01", 100]]);
  });

  test("registers never measured read 0, and a bit measured twice keeps the last", () => {
    expect(
      run("qreg q[2]; creg a[1]; creg idle[2]; x q[0]; measure q[0]->a[0]; measure q[1]->a[0];"),
    ).toEqual([["00 0", 100]]);
  });

  test("without measurements all qubits are measured, with a warning", () => {
    const result = runCircuit(parse("qreg q[2]; creg c[1]; qreg p[1]; x q[1];"), { shots: 7, seed: 0n });
    expect([...result.counts]).toEqual([["010 0", 7]]);
    expect(result.warnings).toEqual([
      "the circuit measures nothing: every qubit (3) was measured at its end, into 'meas'",
    ]);
  });

  test("a state is teleported whatever the two measurements say", () => {
    const text = `qreg q[3]; creg a[1]; creg b[1]; creg out[1]; u3(0.7,0.3,1.9) q[0]; h q[1]; cx q[1],q[2];
      cx q[0],q[1]; h q[0]; measure q[0]->a[0]; measure q[1]->b[0]; if(b==1) x q[2]; if(a==1) z q[2];
      u3(-0.7,-1.9,-0.3) q[2]; measure q[2]->out[0];`;
    const counts = new Map(run(text, 4000));
    expect([...counts.keys()]).toEqual(["0 0 0", "0 0 1", "0 1 0", "0 1 1"]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });

  test("reset brings a qubit to |0> and leaves its partner as it was measured", () => {
    const counts = new Map(
      run("qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; reset q[0]; measure q->c;", 2000),
    );
    expect([...counts.keys()]).toEqual(["00", "10"]);
    expect(Math.abs((counts.get("00") ?? 0) - 1000)).toBeLessThan(120);
  });

  test("a condition looks at the whole register, above 53 bits too", () => {
    const text = `qreg q[2]; creg c[60]; x q[0]; measure q[0]->c[59]; if(c==${2n ** 59n}) x q[1]; measure q[1]->c[0];`;
    expect(run(text)).toEqual([[`1${"0".repeat(58)}1`, 100]]);
  });

  test("the inverse Fourier transform with feed-forward reads out a phase exactly", () => {
    // |x> for x = 11 in the Fourier basis, bits read from the least significant on.
    const phases = [0, 1, 2, 3].map((k) => `h q[${k}]; u1(2*pi*11/2^${k + 1}) q[${k}];`).join("");
    const text = `qreg q[4]; creg c0[1]; creg c1[1]; creg c2[1]; creg c3[1]; ${phases}
      h q[0]; measure q[0]->c0[0]; if(c0==1) u1(-pi/2) q[1]; h q[1]; measure q[1]->c1[0];
      if(c0==1) u1(-pi/4) q[2]; if(c1==1) u1(-pi/2) q[2]; h q[2]; measure q[2]->c2[0];
      if(c0==1) u1(-pi/8) q[3]; if(c1==1) u1(-pi/4) q[3]; if(c2==1) u1(-pi/2) q[3]; h q[3]; measure q[3]->c3[0];`;
    expect(run(text)).toEqual([["1 0 1 1", 100]]);
  });

  test("frequencies follow the Born rule: chi-square with fixed seeds", () => {
    const p = Math.sin(0.4) ** 2;
    for (const seed of [1n, 2n, 3n, 4n, 5n, 6n]) {
      const counts = new Map(run("qreg q[1]; creg c[1]; ry(0.8) q[0]; measure q->c;", 20_000, seed));
      const ones = counts.get("1") ?? 0;
      expect((ones - 20_000 * p) ** 2 / (20_000 * p * (1 - p))).toBeLessThan(10.8);
    }
  });

  test("golden counts: same circuit, same seed, same counts, on any machine", () => {
    expect(runCircuit(parseQasm2(BELL, "bell.qasm"), { shots: 1024, seed: 42n }).counts).toEqual(
      new Map([
        ["00", 536],
        ["11", 488],
      ]),
    );
    const text =
      "qreg q[3]; creg c[3]; h q[0]; rxx(0.7) q[0],q[1]; cry(1.3) q[1],q[2]; u3(0.1,0.2,0.3) q; measure q->c;";
    expect(run(text, 4096, 7n)).toMatchInlineSnapshot(`
      [
        [
          "000",
          1589,
        ],
        [
          "001",
          1964,
        ],
        [
          "010",
          139,
        ],
        [
          "011",
          196,
        ],
        [
          "100",
          5,
        ],
        [
          "101",
          2,
        ],
        [
          "110",
          101,
        ],
        [
          "111",
          100,
        ],
      ]
    `);
  });
});

describe("cost", () => {
  test("is estimated before anything is allocated", () => {
    const circuit = parse(`qreg q[40]; creg c[40]; h q; measure q->c;`);
    const { estimate } = chooseEngine(circuit, 100, "fast");
    expect(estimate).toMatchObject({ qubits: 40, amplitudes: 2 ** 40 });
    expect(estimate.memoryBytes).toBeGreaterThanOrEqual(16 * 2 ** 40);
  });

  test("figures stay finite for any number of qubits", () => {
    const { memoryBytes, timeMs } = estimateCircuit(parse("qreg q[5000]; h q;"), 1);
    expect([memoryBytes, timeMs].every(Number.isFinite)).toBe(true);
  });

  test("a circuit over a limit is refused with the figures", () => {
    const refused = (text: string, limits = {}): ArqonError => {
      try {
        runCircuit(parse(text), { shots: 10, seed: 0n, limits, engine: "fast" });
      } catch (error) {
        return error as ArqonError;
      }
      throw new Error("ran");
    };
    const large = refused("qreg q[27]; h q;");
    expect(large.code).toBe("QUANTUM_TOO_LARGE");
    expect(large.message).toMatch(
      /^t.qasm would need 27 qubits, 2\.0 GiB and [\d.]+ m?s: 27 qubits over the limit of 26$/,
    );
    expect(large.details).toMatchObject({ qubits: 27, limitQubits: 26 });
    expect(refused("qreg q[10]; h q;", { memoryBytes: 1000 }).message).toMatch("over the limit of 1000 B");
    expect(refused("qreg q[20]; h q;", { timeMs: 1 }).message).toMatch("ms over the limit of 1 ms");
  });

  test("idle qubits are not counted", () => {
    expect(run("qreg q[500]; creg c[1]; x q[499]; measure q[499]->c[0];")).toEqual([["1", 100]]);
  });

  test("shots are a positive whole number up to a limit", () => {
    const circuit = parse("qreg q[1];");
    for (const shots of [0, -1, 1.5, Number.NaN])
      expect(() => runCircuit(circuit, { shots, seed: 0n })).toThrow(
        expect.objectContaining({ code: "USAGE" }),
      );
    expect(() => estimateCircuit(circuit, MAX_SHOTS + 1)).toThrow(ArqonError);
  });

  test("a run can be cancelled, and tells how far it is", () => {
    const circuit = parse(`qreg q[16]; ${"h q; cx q[0],q[15]; rx(0.3) q;".repeat(20)}`);
    const seen: number[] = [];
    runCircuit(circuit, { shots: 10, seed: 0n, onProgress: (fraction) => seen.push(fraction) });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
    let asked = 0;
    const cancel = () => runCircuit(circuit, { shots: 10, seed: 0n, isCancelled: () => ++asked > 1 });
    expect(cancel).toThrow(expect.objectContaining({ code: "CANCELLED" }));
    expect(asked).toBe(2);
  });
});
