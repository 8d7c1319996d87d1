import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Circuit } from "../circuit.ts";
import { densityDistribution, densityFast, densityShots } from "../density/index.ts";
import { fast } from "../fast/engine.ts";
import { GATES } from "../gates/table.ts";
import {
  amplitudeDamping,
  coherentError,
  confusion,
  depolarizing,
  krausChannel,
  type NoiseModel,
  NoiseModelBuilder,
  pauliChannel,
  resetChannel,
  tensorChannels,
  thermalRelaxation,
} from "../noise/index.ts";
import { type NoisyProgram, prepareNoisy } from "../noise/program.ts";
import { parseQasm2 } from "../qasm/parser.ts";
import { oracle } from "../simulate/oracle.ts";
import { runTrajectories, TrajectoryPlan, unravel } from "./index.ts";

const qasm = (body: string): Circuit => parseQasm2(`OPENQASM 2.0; include "qelib1.inc"; ${body}`, "t");
const none = (): void => {};
const rz = (GATES.find(({ name }) => name === "rz") as (typeof GATES)[number]).matrix([0.2]);

const MODEL: NoiseModel = new NoiseModelBuilder("made up")
  .after("h", depolarizing(0.05, 1))
  .after("ry", amplitudeDamping(0.1, 0.1))
  .after("cx", depolarizing(0.06, 2))
  .afterEach("cx", thermalRelaxation({ t1: 50, t2: 90, excited: 0.02 }, 2), 2)
  .after("cx", thermalRelaxation({ t1: 50, t2: 100, excited: 0 }, 3), [0, 1], [1])
  .after("cx", tensorChannels(amplitudeDamping(0.1), resetChannel(0.05, 0.02)), [2, 0])
  .after("t", coherentError(rz))
  .after("reset", pauliChannel({ X: 0.1 }))
  .after("x", pauliChannel({ X: 0.2, Z: 0.1 }))
  .readout(confusion(0.02, 0.06))
  .build();

const CIRCUITS: Readonly<Record<string, string>> = {
  "a GHZ state": "qreg q[4]; creg d[4]; h q[0]; cx q[0],q[1]; cx q[1],q[2]; cx q[2],q[3]; measure q->d;",
  "damping without any chance of nothing":
    "qreg q[3]; creg d[3]; ry(2) q; ry(0.4) q; cx q[2],q[0]; ry(1) q; cx q[0],q[1]; measure q->d;",
  "many layers": `qreg q[4]; creg d[4]; h q; ${"cx q[0],q[1]; t q[1]; cx q[2],q[3]; h q[2]; cx q[1],q[2]; x q[0];".repeat(6)} measure q->d;`,
  "measurement, conditions and resets":
    "qreg q[3]; creg c[2]; creg d[3]; h q[0]; cx q[0],q[1]; measure q[0]->c[0]; if(c==1) x q[2]; h q[1]; reset q[1]; if(c==0) cx q[0],q[2]; cx q[2],q[0]; measure q[1]->c[1]; if(c==3) ry(1) q[2]; measure q->d;",
  "nothing measured": "qreg q[2]; h q[0]; cx q[0],q[1];",
};

/** Chi-square of counts against a distribution over cells that expect at least five; cells below share one. */
function chiSquare(
  counts: ReadonlyMap<string, number>,
  exact: ReadonlyMap<string, number>,
  shots: number,
): { z: number } {
  let [sum, cells, restSeen, restWanted] = [0, 0, 0, 0];
  for (const key of new Set([...counts.keys(), ...exact.keys()])) {
    const [seen, wanted] = [counts.get(key) ?? 0, (exact.get(key) ?? 0) * shots];
    if (wanted < 5) {
      restSeen += seen;
      restWanted += wanted;
    } else {
      sum += ((seen - wanted) * (seen - wanted)) / wanted;
      cells++;
    }
  }
  if (restWanted > 1) {
    sum += ((restSeen - restWanted) * (restSeen - restWanted)) / restWanted;
    cells++;
  }
  const degrees = Math.max(1, cells - 1);
  // Wilson and Hilferty: the cube root of chi-square is nearly normal.
  const z = (Math.cbrt(sum / degrees) - (1 - 2 / (9 * degrees))) / Math.sqrt(2 / (9 * degrees));
  return { z };
}

const trajectories = (
  program: NoisyProgram,
  shots: number,
  seed: bigint,
  engine = fast,
): Map<string, number> =>
  runTrajectories(new TrajectoryPlan(program), { shots, seed, engine, progress: none });

describe("trajectories", () => {
  test.each(Object.keys(CIRCUITS))(
    "%s: trajectories and density shots follow the exact distribution",
    (name) => {
      const program = prepareNoisy(qasm(CIRCUITS[name] as string), MODEL);
      const exact = densityDistribution(program, densityFast(program));
      for (const seed of [1n, 2n, 3n]) {
        const shots = 8000;
        for (const counts of [
          trajectories(program, shots, seed),
          densityShots(program, densityFast(program), { shots, seed, progress: none }),
        ]) {
          expect([...counts.values()].reduce((a, b) => a + b)).toBe(shots);
          expect(chiSquare(counts, exact, shots).z).toBeLessThan(3.5);
        }
      }
    },
  );

  test("the same shots come out whatever shots run beside them, to the last one", () => {
    const program = prepareNoisy(qasm(CIRCUITS["measurement, conditions and resets"] as string), MODEL);
    let before = new Map<string, number>();
    for (let shots = 1; shots <= 60; shots++) {
      const counts = trajectories(program, shots, 9n);
      const changed = [...counts].filter(([key, count]) => count !== (before.get(key) ?? 0));
      expect(changed).toHaveLength(1);
      expect(before.size).toBeLessThanOrEqual(counts.size);
      before = counts;
    }
  });

  test("counts do not depend on the engine of the statevector", () => {
    for (const body of Object.values(CIRCUITS)) {
      const program = prepareNoisy(qasm(body), MODEL);
      const sorted = (counts: Map<string, number>): [string, number][] => [...counts].sort();
      expect(sorted(trajectories(program, 300, 4n, oracle))).toEqual(sorted(trajectories(program, 300, 4n)));
    }
  });

  test("without noise every shot is the noiseless run", () => {
    const program = prepareNoisy(
      qasm("qreg q[3]; creg d[3]; x q[0]; x q[2]; measure q->d;"),
      new NoiseModelBuilder("none").build(),
    );
    expect([...trajectories(program, 1000, 1n)]).toEqual([["101", 1000]]);
  });
});

describe("channels taken apart", () => {
  test("depolarising: the identity's chance is 1 - p (4^n - 1) / 4^n, the rest unitary", () => {
    const { identity, unitaries, jumps } = unravel(depolarizing(0.08, 2));
    expect(identity).toBeCloseTo(1 - (0.08 * 15) / 16, 14);
    expect(unitaries).toHaveLength(15);
    expect(jumps).toHaveLength(0);
  });

  test("relaxation with dephasing leaves a chance of nothing near 1; pure damping leaves none", () => {
    expect(unravel(thermalRelaxation({ t1: 100, t2: 80, excited: 0 }, 0.05)).identity).toBeGreaterThan(0.999);
    expect(unravel(amplitudeDamping(0.1)).identity).toBe(0);
  });

  test("all parts together are the channel", () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(part, part, part, (a, b, c) => {
        const channel = tensorChannels(
          thermalRelaxation({ t1: 1, t2: 0.01 + 1.98 * b, excited: c }, a),
          pauliChannel({ X: a / 2, Y: b / 2 }),
        );
        const { identity, unitaries, jumps } = unravel(channel);
        const scaled = unitaries.map(({ probability, matrix }) =>
          matrix.map((x) => x * Math.sqrt(probability)),
        );
        const one = Float64Array.from({ length: 32 }, (_, i) => (i % 10 === 0 ? Math.sqrt(identity) : 0));
        expect(krausChannel([one, ...scaled, ...jumps]).qubits).toBe(2);
      }),
      { numRuns: 100, seed: 6 },
    );
  });

  test("the next event comes where a draw at every place would have it", () => {
    const plan = new TrajectoryPlan(prepareNoisy(qasm(CIRCUITS["many layers"] as string), MODEL));
    const all = plan.places.length;
    const draws = 20_000;
    const seen = new Float64Array(all + 1);
    for (let k = 0; k < draws; k++) {
      const at = plan.nextEvent(3, (k + 0.5) / draws);
      seen[at] = (seen[at] as number) + 1 / draws;
    }
    let left = 1;
    for (let at = 3; at < all; at++) {
      const { identity } = plan.places[at] as (typeof plan.places)[number];
      expect(Math.abs((seen[at] as number) - left * (1 - identity))).toBeLessThan(2 / draws);
      left *= identity;
    }
    expect(Math.abs((seen[all] as number) - left)).toBeLessThan(2 / draws);
  });
});
