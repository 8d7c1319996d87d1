import { createRandom } from "@arqon/core/base";
import { expect, test } from "vitest";
import { parseQasm2 } from "../qasm/parser.ts";
import { oracle } from "./oracle.ts";
import { prepare } from "./program.ts";
import { shotUniform } from "./random.ts";
import { runShots } from "./shots.ts";

const HEAD = 'OPENQASM 2.0; include "qelib1.inc"; ';

/** Two random measurements, a reset and conditions: eight ways through. */
const BRANCHING = `${HEAD} qreg q[3]; creg c[2]; creg d[3];
  h q[0]; ry(0.9) q[1]; cx q[0],q[1]; measure q[0]->c[0]; if(c==1) ry(1.1) q[1]; measure q[1]->c[1];
  h q[0]; reset q[0]; rx(0.4) q[0]; if(c==2) h q[2]; if(c==3) x q[2]; cx q[1],q[2]; measure q->d;`;

function counts(text: string, shots: number, maxSnapshots: number, seed = 5n): [string, number][] {
  const program = prepare(parseQasm2(text, "t"));
  return [...runShots(program, oracle(program), { shots, seed, maxSnapshots, progress: () => {} })].sort();
}

test("a shot's numbers are those of its own stream of the seeded generator", () => {
  const seed = 0x0123456789abcdefn;
  for (const shot of [0, 1, 77, 9_999_999]) {
    const random = createRandom(seed, BigInt(shot));
    for (let draw = 0; draw < 7; draw++)
      expect(shotUniform(0x89abcdef, 0x01234567, shot, draw)).toBe(random.nextDouble());
  }
});

test("keeping states or repeating steps gives the same counts", () => {
  const repeated = counts(BRANCHING, 500, 0);
  expect(counts(BRANCHING, 500, 1)).toEqual(repeated);
  expect(counts(BRANCHING, 500, 64)).toEqual(repeated);
  expect(repeated.length).toBeGreaterThan(8);
});

test("running shots together gives what each gives alone: one more shot adds one outcome", () => {
  let before = new Map<string, number>();
  for (let shots = 1; shots <= 40; shots++) {
    const now = new Map(counts(BRANCHING, shots, 4));
    const added = [...now]
      .map(([key, count]) => count - (before.get(key) ?? 0))
      .filter((count) => count !== 0);
    expect(added).toEqual([1]);
    before = now;
  }
});

test("measurements at the end do not branch, those that matter later do", () => {
  const of = (text: string) => prepare(parseQasm2(HEAD + text, "t"));
  expect(of("qreg q[2]; creg c[2]; h q; measure q->c;").branchings).toBe(0);
  expect(
    of("qreg q[2]; creg c[2]; h q[0]; measure q[0]->c[0]; h q[1]; measure q[1]->c[1]; reset q[0];")
      .branchings,
  ).toBe(0);
  expect(of("qreg q[2]; creg c[2]; h q[0]; measure q[0]->c[0]; x q[0];").branchings).toBe(1);
  expect(of("qreg q[2]; creg c[2]; h q[0]; measure q[0]->c[0]; if(c==1) x q[1];").branchings).toBe(1);
  expect(of("qreg q[2]; creg c[2]; reset q[0]; h q[0]; reset q[0]; measure q->c;").branchings).toBe(1);
  expect(of("qreg q[2]; creg c[2]; measure q[1]->c[1]; h q[1]; if(c==0) x q[0];").branchings).toBe(0);
});

test("qubits no gate touches cost nothing", () => {
  const program = prepare(
    parseQasm2(`${HEAD}qreg q[60000]; creg c[1]; h q[59999]; measure q[59999]->c[0];`, "t"),
  );
  expect(program.width).toBe(1);
});
