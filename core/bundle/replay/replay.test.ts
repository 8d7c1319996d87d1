import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJsonFile, createRandom, type Json, utf8 } from "../../base/index.ts";
import { chiSquareTail } from "../../math/index.ts";
import {
  type BundleDraft,
  type BundleFiles,
  compareCounts,
  compareRuns,
  countsResult,
  diffJson,
  jsonResult,
  prepareBundle,
  replayExpectations,
  replayReportJson,
} from "../index.ts";
import { fixtureDraft } from "../testing/sealed.ts";

const file = canonicalJsonFile;
const run = (change: Partial<BundleDraft> = {}): BundleFiles => prepareBundle(fixtureDraft(change)).files;
const recipe = (change: Record<string, Uint8Array>) =>
  new Map([...fixtureDraft().recipe, ...Object.entries(change)]);
const counts = (zeros: number, ones: number) =>
  new Map([["counts.json", countsResult({ "00": zeros, "11": ones })]]);
const hardware = {
  recipe: recipe({ "replay.json": file({ expect: replayExpectations(["results/counts.json"]) }) }),
  conditions: new Map([["backend.json", file({ backendClass: "hardware", id: "qpu" })]]),
};

describe("a replay", () => {
  test("of the same recipe with the same results is IDENTICAL, whoever ran it and when", () => {
    const other = run({
      record: new Map([
        ["environment.json", file({ informational: { cpus: 99 }, stable: { endianness: "LE" } })],
      ]),
      manifest: { ...fixtureDraft().manifest, jobId: "other", createdAt: "2031-01-01T00:00:00Z" },
    });
    expect(compareRuns(run(), other)).toMatchObject({ verdict: "IDENTICAL", causes: [] });
  });

  test("under type replay, with the original as its parent, is IDENTICAL all the same", () => {
    const parents = [{ artifactId: `sha256:${"a".repeat(64)}`, role: "replayOf" }];
    expect(compareRuns(run(), run({ artifactType: "replay", parents })).verdict).toBe("IDENTICAL");
  });

  test("with another seed says so, whether or not the results differ", () => {
    const seeds = { "seeds.json": file({ algorithm: "philox4x32-10", sampler: "0x2b" }) };
    const report = compareRuns(run(), run({ recipe: recipe(seeds), results: counts(520, 504) }));
    expect(report).toMatchObject({ verdict: "DIFFERENT_EXPLAINED", causes: [{ kind: "seed" }] });
    expect(report.sentence).toBe(
      "differs: seed 0x2a -> 0x2b; parameters, engine, environment, calibration and backend equal (results/counts.json: total variation 0.0107)",
    );
    expect(compareRuns(run(), run({ recipe: recipe(seeds) })).verdict).toBe("DIFFERENT_EXPLAINED");
  });

  test("with a seed among the parameters names the seed", () => {
    const with1 = run({ recipe: recipe({ "parameters.json": file({ seed: "0x1", shots: 1024 }) }) });
    const with2 = run({ recipe: recipe({ "parameters.json": file({ seed: "0x2", shots: 1024 }) }) });
    expect(compareRuns(with1, with2).causes).toEqual([
      { kind: "seed", path: "recipe/parameters.json", text: "seed 0x1 -> 0x2" },
    ]);
  });

  test("with other parameters or another engine names them", () => {
    const shots = run({
      recipe: recipe({ "parameters.json": file({ shots: 2048 }) }),
      results: counts(1, 2047),
    });
    expect(compareRuns(run(), shots).sentence).toContain("shots 1024 -> 2048 (+100 %)");
    const engine = run({ engine: { name: "arqon-statevector", semantics: "2" }, results: counts(1, 2) });
    expect(compareRuns(run(), engine)).toMatchObject({
      verdict: "DIFFERENT_EXPLAINED",
      causes: [{ kind: "engine", text: "engine arqon-statevector@1 -> arqon-statevector@2" }],
    });
  });

  test("whose results alone differ is DIFFERENT_UNEXPLAINED", () => {
    const report = compareRuns(run(), run({ results: counts(510, 514) }));
    expect(report).toMatchObject({ verdict: "DIFFERENT_UNEXPLAINED", causes: [] });
    expect(report.sentence).toContain("results differ and nothing else does");
  });

  test("on a moved calibration, another backend or another stable environment has that cause", () => {
    const calibrated = (t1: number) => new Map([["calibration.json", file({ qubits: [{ t1_ns: t1 }] })]]);
    const moved = compareRuns(
      run({ conditions: calibrated(100_000) }),
      run({ conditions: calibrated(77_000), results: counts(600, 424) }),
    );
    expect(moved).toMatchObject({ verdict: "DIFFERENT_EXPLAINED", causes: [{ kind: "calibration" }] });
    expect(moved.sentence).toContain("calibration qubits/0/t1_ns 100000 -> 77000 (-23 %)");
    const backend = run({
      conditions: new Map([["backend.json", file({ backendClass: "simulator", id: "other" })]]),
    });
    expect(compareRuns(run(), backend)).toMatchObject({
      verdict: "EQUIVALENT",
      causes: [{ kind: "backend" }],
    });
    const machine = { record: new Map([["environment.json", file({ stable: { endianness: "BE" } })]]) };
    expect(compareRuns(run(), run({ ...machine, results: counts(1, 2) })).causes[0]?.kind).toBe(
      "environment",
    );
    expect(compareRuns(run(), run(machine)).verdict).toBe("IDENTICAL");
  });

  test("of sampled counts on hardware is EQUIVALENT within chance, and DIFFERENT beyond it", () => {
    const first = run({ ...hardware, results: counts(509, 515) });
    const near = compareRuns(first, run({ ...hardware, results: counts(530, 494) }));
    expect(near).toMatchObject({
      verdict: "EQUIVALENT",
      results: [{ comparator: "distribution", agrees: true }],
    });
    const far = compareRuns(first, run({ ...hardware, results: counts(700, 324) }));
    expect(far).toMatchObject({ verdict: "DIFFERENT_UNEXPLAINED", results: [{ agrees: false }] });
    expect(replayReportJson(far)).toMatchObject({ verdict: "DIFFERENT_UNEXPLAINED" });
  });

  test("of too few shots an outcome cannot be called EQUIVALENT", () => {
    const scattered = (from: number) =>
      new Map([["counts.json", countsResult(Object.fromEntries([0, 1].map((i) => [`${from + i}`, 1])))]]);
    const report = compareRuns(
      run({ ...hardware, results: scattered(0) }),
      run({ ...hardware, results: scattered(2) }),
    );
    expect(report.verdict).toBe("NOT_COMPARABLE");
    expect(report.sentence).toContain("too few");
  });

  test("of another program, or without a result in common, is NOT_COMPARABLE", () => {
    const program = compareRuns(
      run(),
      run({ recipe: recipe({ "circuit.qasm": utf8("OPENQASM 2.0;\nqreg q[1];\n") }) }),
    );
    expect(program.verdict).toBe("NOT_COMPARABLE");
    expect(program.sentence).toContain("recipe/circuit.qasm differs from line 2 on");
    const refused = run({ results: new Map([["refusal.json", jsonResult({ code: "X" })]]) });
    expect(compareRuns(run(), refused).verdict).toBe("NOT_COMPARABLE");
  });

  test("with one result more or less is different", () => {
    const more = run({ results: new Map([...counts(509, 515), ["extra.json", jsonResult(1)]]) });
    expect(compareRuns(run(), more)).toMatchObject({ verdict: "DIFFERENT_UNEXPLAINED" });
  });
});

describe("a comparator", () => {
  const value = (comparator: Json, number: number) =>
    run({
      recipe: recipe({ "replay.json": file({ expect: [{ comparator, file: "results/e.json" }] }) }),
      results: new Map([["e.json", jsonResult({ energy: number, note: "x" })]]),
    });
  const verdict = (comparator: Json, a: number, b: number) =>
    compareRuns(value(comparator, a), value(comparator, b)).verdict;

  test("relabs allows a relative or an absolute difference", () => {
    expect(verdict({ kind: "relabs", rel: 0.01 }, 100, 100.9)).toBe("EQUIVALENT");
    expect(verdict({ kind: "relabs", rel: 0.01 }, 100, 102)).toBe("DIFFERENT_UNEXPLAINED");
    expect(verdict({ kind: "relabs", abs: 0.1 }, 0, 0.1)).toBe("EQUIVALENT");
  });

  test("ulp counts neighbouring doubles, across zero too", () => {
    expect(verdict({ kind: "ulp", ulps: 1 }, 1, 1 + Number.EPSILON)).toBe("EQUIVALENT");
    expect(verdict({ kind: "ulp", ulps: 1 }, 1, 1 + 2 * Number.EPSILON)).toBe("DIFFERENT_UNEXPLAINED");
    expect(verdict({ kind: "ulp", ulps: 2 }, 5e-324, -5e-324)).toBe("EQUIVALENT");
  });

  test("that is not known is refused", () => {
    for (const comparator of [
      "close",
      { kind: "fuzzy" },
      { kind: "ulp" },
      { kind: "distribution", alpha: 2 },
    ])
      expect(() => verdict(comparator, 1, 2)).toThrow(expect.objectContaining({ code: expect.any(String) }));
  });

  test("of a later execution speaks of that execution's results", () => {
    const rules = file({ expect: [{ comparator: { kind: "relabs", abs: 1 }, file: "results/e.json" }] });
    const second = (number: number) =>
      run({
        recipe: recipe({ "executions/0001/replay.json": rules }),
        results: new Map([["executions/0001/e.json", jsonResult(number)]]),
      });
    expect(compareRuns(second(1), second(1.5)).verdict).toBe("EQUIVALENT");
  });
});

describe("the two-sample test", () => {
  test("has the tail of the chi-squared distribution", () => {
    // Critical values of common tables.
    for (const [x, degrees, p] of [
      [3.841459, 1, 0.05],
      [6.634897, 1, 0.01],
      [18.307038, 10, 0.05],
      [149.449253, 100, 0.001],
    ] as const)
      expect(chiSquareTail(x, degrees)).toBeCloseTo(p, 6);
    expect(chiSquareTail(2, 2)).toBeCloseTo(Math.exp(-1), 12);
    expect(chiSquareTail(0, 3)).toBe(1);
    expect(chiSquareTail(1e6, 3)).toBe(0);
  });

  test("is symmetric, and bounded, and finds equal samples equal", () => {
    const sample = fc.dictionary(fc.constantFrom("00", "01", "10", "11"), fc.nat(1000));
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const one = compareCounts(a, b);
        const two = compareCounts(b, a);
        expect(two.p_value).toBeCloseTo(one.p_value, 9);
        for (const distance of [one.total_variation, one.hellinger, one.p_value]) {
          expect(distance).toBeGreaterThanOrEqual(0);
          expect(distance).toBeLessThanOrEqual(1);
        }
        expect(compareCounts(a, a).total_variation).toBe(0);
      }),
    );
  });

  test("rejects equal distributions about as often as its level says, and tells apart what differs", () => {
    const random = createRandom(1n);
    const draw = (p: readonly number[], shots: number) => {
      const sample: Record<string, number> = {};
      for (let shot = 0; shot < shots; shot++) {
        let left = random.nextDouble();
        const at = p.findIndex((x) => {
          left -= x;
          return left < 0;
        });
        sample[at] = (sample[at] ?? 0) + 1;
      }
      return sample;
    };
    const even = [0.25, 0.25, 0.2, 0.2, 0.05, 0.05];
    const skewed = [0.35, 0.15, 0.2, 0.2, 0.05, 0.05];
    let rejected = 0;
    let found = 0;
    for (let trial = 0; trial < 400; trial++) {
      if (compareCounts(draw(even, 500), draw(even, 700)).p_value < 0.05) rejected++;
      if (compareCounts(draw(even, 500), draw(skewed, 700)).p_value < 0.05) found++;
    }
    expect(rejected / 400).toBeGreaterThan(0.02);
    expect(rejected / 400).toBeLessThan(0.09);
    expect(found / 400).toBeGreaterThan(0.95);
  });
});

test("differing leaves are named by JSON Pointer", () => {
  expect(diffJson({ a: [1, { "b/c": 2 }], d: 1 }, { a: [1, { "b/c": 3 }], e: null })).toEqual([
    { pointer: "/a/1/b~1c", before: 2, after: 3 },
    { pointer: "/d", before: 1, after: undefined },
    { pointer: "/e", before: undefined, after: null },
  ]);
});
