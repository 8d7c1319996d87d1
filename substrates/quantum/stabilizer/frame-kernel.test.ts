import fc from "fast-check";
import { expect, test } from "vitest";
import { CircuitBuilder } from "../circuit.ts";
import { FrameKernel } from "./frame-kernel.ts";
import { compileFrames, type PauliNoise } from "./frame-program.ts";
import { PlainSampler } from "./frame-sampler.ts";

const GATES = ["h", "s", "sdg", "x", "y", "z", "sx", "cx", "cz", "cy", "swap", "ecr"] as const;
const QUBITS = 5;

/** Probabilities that sum to at most 1, some of them certain and some next to nothing. */
const probabilities = (labels: readonly string[]): fc.Arbitrary<PauliNoise["probabilities"]> =>
  fc
    .array(fc.tuple(fc.constantFrom(...labels), fc.constantFrom(1e-300, 1e-17, 1e-9, 1e-4, 0.01, 0.2, 1)), {
      minLength: 1,
      maxLength: 4,
    })
    .map((pairs) => {
      const map = new Map(pairs);
      const sum = map.values().reduce((all, p) => all + p, 0);
      return Object.fromEntries(map.entries().map(([label, p]) => [label, sum > 1 ? p / sum : p]));
    });

const noise: fc.Arbitrary<PauliNoise> = fc
  .constantFrom("h", "s", "cx", "cz", "swap", "measure", "reset")
  .chain((gate) => {
    const labels = ["cx", "cz", "swap"].includes(gate) ? ["IX", "ZI", "YX", "XY", "ZZ"] : ["X", "Y", "Z"];
    return probabilities(labels).map((p) => ({ gate, probabilities: p }));
  });

const operation = fc.tuple(
  fc.nat(15),
  fc.nat(GATES.length - 1),
  fc.nat(QUBITS - 1),
  fc.nat(QUBITS - 2),
  fc.nat(5),
);

test("the kernel's flips are those of the plain sampler, bit for bit, for every operation and any noise", () => {
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 60 }),
      fc.array(noise, { maxLength: 5 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (operations, rules, seed) => {
        const out = new CircuitBuilder("t");
        out.qreg("q", QUBITS);
        out.creg("c", 6);
        for (const [kind, gate, a, step, bit] of operations) {
          const b = (a + 1 + step) % QUBITS;
          const name = GATES[gate] as (typeof GATES)[number];
          if (kind < 3) out.measure(a, bit);
          else if (kind < 5) out.reset(a);
          else if (kind < 7) {
            out.whenBits([bit], 1n);
            out.gate(["x", "y", "z"][step % 3] as string, [], [a]);
            out.always();
          } else out.gate(name, [], gate < 7 ? [a] : [a, b]);
        }
        const program = compileFrames(out.build(), rules);
        const [plain, kernel] = [new PlainSampler(program), new FrameKernel(program)];
        for (const number of [0, 1, 2 ** 32 + 5])
          expect(kernel.batch(seed, number)).toEqual(plain.batch(seed, number));
      },
    ),
    { numRuns: 150 },
  );
});
