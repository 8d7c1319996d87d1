import { embed, type Matrix, multiply } from "@arqon/core/math";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GATES } from "../gates/table.ts";
import {
  amplitudeDamping,
  averageGateFidelity,
  type Channel,
  choi,
  choiChannel,
  composeChannels,
  depolarizing,
  eigenHermitian,
  incompleteness,
  krausChannel,
  pauliChannel,
  pauliLabels,
  pauliTransfer,
  phaseDamping,
  processFidelity,
  resetChannel,
  superoperator,
  tensorChannels,
  thermalRelaxation,
} from "./index.ts";

const part = fc.double({ min: 0, max: 1, noNaN: true });
const oneQubit: fc.Arbitrary<Channel> = fc.oneof(
  part.map((p) => depolarizing((4 / 3) * p, 1)),
  fc.tuple(part, part).map(([g, e]) => amplitudeDamping(g, e)),
  part.map(phaseDamping),
  fc.tuple(part, part).map(([a, b]) => resetChannel(a / 2, b / 2)),
  fc.tuple(part, part, part).map(([x, y, z]) => pauliChannel({ X: x / 3, Y: y / 3, Z: z / 3 })),
  fc
    .tuple(
      fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
      part,
      part,
      fc.double({ min: 0, max: 10, noNaN: true }),
    )
    .map(([t1, ratio, excited, time]) =>
      thermalRelaxation({ t1, t2: t1 * Math.max(1e-3, 2 * ratio), excited }, time),
    ),
);
const twoQubit = fc.oneof(
  part.map((p) => depolarizing(p, 2)),
  fc.tuple(oneQubit, oneQubit).map(([a, b]) => tensorChannels(a, b)),
);
const anyChannel = fc.oneof(oneQubit, twoQubit);
const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let most = Math.abs(a.length - b.length);
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs((a[i] as number) - (b[i] as number)));
  return most;
};
const gate = (name: string, angles: number[] = []): Matrix =>
  (GATES.find((row) => row.name === name) as (typeof GATES)[number]).matrix(angles);

describe("channels", () => {
  test("every channel keeps the trace and is completely positive", () => {
    fc.assert(
      fc.property(anyChannel, (channel) => {
        expect(incompleteness(channel.kraus, channel.qubits)).toBeLessThan(1e-9);
        const size = 1 << (2 * channel.qubits);
        expect(eigenHermitian(choi(channel), size).values[0]).toBeGreaterThan(-1e-12);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test("a channel comes back from its Choi matrix", () => {
    fc.assert(
      fc.property(anyChannel, (channel) => {
        expect(largest(choi(choiChannel(choi(channel))), choi(channel))).toBeLessThan(1e-11);
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  test("one after the other is the product of superoperators and of Pauli transfer matrices", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.tuple(oneQubit, oneQubit), fc.tuple(twoQubit, twoQubit)),
        ([a, b]: [Channel, Channel]) => {
          const both = composeChannels(a, b);
          const size = 1 << (2 * a.qubits);
          expect(
            largest(superoperator(both), multiply(superoperator(b), superoperator(a), size)),
          ).toBeLessThan(1e-12);
          const wide = (m: Float64Array): Matrix =>
            Float64Array.from({ length: 2 * m.length }, (_, i) => (i % 2 ? 0 : (m[i / 2] as number)));
          const product = multiply(
            wide(pauliTransfer(b.kraus, b.qubits)),
            wide(pauliTransfer(a.kraus, a.qubits)),
            size,
          );
          expect(largest(wide(pauliTransfer(both.kraus, both.qubits)), product)).toBeLessThan(1e-12);
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });

  test("the Pauli transfer matrix is what Pauli matrices say, entry by entry", () => {
    const channel = tensorChannels(
      amplitudeDamping(0.3, 0.2),
      composeChannels(coherent(), phaseDamping(0.4)),
    );
    const matrix = pauliTransfer(channel.kraus, 2);
    const labels = pauliLabels(2).map((label) => [...label].reverse().join(""));
    const order = labels.map(
      (label) => "IXYZ".indexOf(label[1] as string) + 4 * "IXYZ".indexOf(label[0] as string),
    );
    for (const [p, P] of labels.entries())
      for (const [q, Q] of labels.entries())
        expect(matrix[(order[p] as number) * 16 + (order[q] as number)]).toBeCloseTo(
          traced(P, channel, Q),
          12,
        );
  });

  test("the depolarising channel in Aer's convention", () => {
    const channel = depolarizing(0.1, 1);
    expect(averageGateFidelity(channel)).toBeCloseTo(0.95, 14);
    expect(processFidelity(depolarizing(1, 2))).toBeCloseTo(1 / 16, 14);
    const transfer = pauliTransfer(depolarizing(0.08, 2).kraus, 2);
    for (let k = 1; k < 16; k++) expect(transfer[17 * k]).toBeCloseTo(0.92, 14);
  });

  test("phase damping and a Z flip of probability (1 - sqrt(1 - lambda)) / 2 are the same", () => {
    const direct = krausChannel([
      Float64Array.of(1, 0, 0, 0, 0, 0, Math.sqrt(0.7), 0),
      Float64Array.of(0, 0, 0, 0, 0, 0, Math.sqrt(0.3), 0),
    ]);
    expect(largest(choi(phaseDamping(0.3)), choi(direct))).toBeLessThan(1e-15);
  });

  test("relaxation for two times is relaxation for their sum; its first operator is a multiple of the identity", () => {
    for (const t2 of [0.4, 1, 1.5, 1.9999, 2]) {
      const relaxation = { t1: 1, t2, excited: 0.1 };
      const twice = composeChannels(thermalRelaxation(relaxation, 0.3), thermalRelaxation(relaxation, 0.9));
      expect(largest(choi(twice), choi(thermalRelaxation(relaxation, 1.2)))).toBeLessThan(1e-11);
      const first = thermalRelaxation({ ...relaxation, excited: 0 }, 1e-3).kraus[0] as Matrix;
      if (t2 < 1.9) expect(first[0]).toBe(first[6]);
    }
    expect(thermalRelaxation({ t1: 1, t2: 1, excited: 0 }, 0).kraus).toEqual([embed(gate("id"), [0], 1)]);
  });

  test("what is no channel is refused with the reason", () => {
    const refused = (make: () => Channel): unknown => {
      try {
        return make();
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const wrong: (() => Channel)[] = [
      () => krausChannel([]),
      () => krausChannel([Float64Array.of(1, 0, 0, 0, 0, 0, 0.9, 0)]),
      () => krausChannel([gate("x"), gate("cx")]),
      () => krausChannel([Float64Array.of(1, 0, 0, 0, 0, 0, Number.NaN, 0)]),
      () => krausChannel([new Float64Array(6)]),
      () => choiChannel(Float64Array.from({ length: 32 }, (_, i) => (i === 0 ? -1 : 0))),
      () => choiChannel(new Float64Array(10)),
      () => depolarizing(1.4, 1),
      () => depolarizing(0.1, 12),
      () => pauliChannel({ XXXXXXXXXXXXXXXX: 0.1 }),
      () => depolarizing(Number.NaN, 1),
      () => amplitudeDamping(-0.1),
      () => phaseDamping(1.01),
      () => pauliChannel({ X: 0.6, Z: 0.6 }),
      () => pauliChannel({ XQ: 0.1 }),
      () => resetChannel(0.7, 0.7),
      () => thermalRelaxation({ t1: 1, t2: 2.1, excited: 0 }, 1),
      () => thermalRelaxation({ t1: 0, t2: 1, excited: 0 }, 1),
      () => thermalRelaxation({ t1: 1, t2: 1, excited: 0 }, -1),
      () => tensorChannels(depolarizing(0.1, 2), depolarizing(0.1, 2)),
    ];
    for (const make of wrong) expect(refused(make)).toBe("NOISE_INVALID");
  });
});

function coherent(): Channel {
  return krausChannel([gate("u3", [0.7, 0.3, -1.1])]);
}

/** tr(P E(Q)) / 4, by matrices. */
function traced(p: string, { kraus }: Channel, q: string): number {
  const paulis: Record<string, Matrix> = { I: gate("id"), X: gate("x"), Y: gate("y"), Z: gate("z") };
  const product = (label: string): Matrix =>
    multiply(
      embed(paulis[label[0] as string] as Matrix, [1], 2),
      embed(paulis[label[1] as string] as Matrix, [0], 2),
      4,
    );
  const dagger = (m: Matrix): Matrix =>
    Float64Array.from(
      { length: 32 },
      (_, i) => (i % 2 ? -1 : 1) * (m[2 * (((i >> 1) % 4) * 4 + (i >> 3)) + (i % 2)] as number),
    );
  let trace = 0;
  for (const k of kraus) {
    const out = multiply(product(p), multiply(multiply(k, product(q), 4), dagger(k), 4), 4);
    for (let i = 0; i < 4; i++) trace += out[10 * i] as number;
  }
  return trace / 4;
}
