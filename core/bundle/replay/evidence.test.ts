/** What the tests of a replay can and cannot tell, and what a calibration explains. */
import { describe, expect, test } from "vitest";
import { canonicalJsonFile, createRandom, type Json } from "../../base/index.ts";
import { chiSquareCritical, chiSquarePower, chiSquareTail } from "../../math/index.ts";
import { type BundleDraft, type BundleFiles, compareRuns, countsResult, prepareBundle } from "../index.ts";
import { fixtureDraft } from "../testing/sealed.ts";

const file = canonicalJsonFile;
const trials = Number(process.env["ARQON_REPLAY_SEEDS"] ?? 1000);

const POWERS: readonly (readonly [number, number, number, number])[] = [
  [10, 1, 0.05, 0.885379140762],
  [20.9, 1, 0.001, 0.899925126559],
  [46, 3, 0.001, 0.99835661273],
  [5, 10, 0.01, 0.105605614237],
  [300, 50, 0.001, 1.0],
];

interface Made {
  readonly replay: Json;
  readonly counts: Readonly<Record<string, number>>;
  readonly seed?: string;
  readonly calibration?: Json;
  readonly started?: string;
}

function run({ replay, counts, seed = "0x2a", calibration, started }: Made): BundleFiles {
  const recipe = new Map(fixtureDraft().recipe)
    .set("replay.json", file(replay))
    .set("seeds.json", file({ algorithm: "philox4x32-10", sampler: seed }));
  const conditions = new Map([["backend.json", file({ backendClass: "hardware", id: "qpu" })]]);
  if (calibration !== undefined)
    conditions.set("calibration.json", file({ id: "x", sha256: "0", values: calibration }));
  const change: Partial<BundleDraft> = {
    recipe,
    conditions,
    results: new Map([["counts.json", countsResult(counts)]]),
    ...(started !== undefined && { record: new Map([["execution.json", file({ started })]]) }),
  };
  return prepareBundle(fixtureDraft(change)).files;
}

function draw(p: readonly number[], shots: number, seed: bigint): Record<string, number> {
  const random = createRandom(seed);
  const sample: Record<string, number> = {};
  for (let shot = 0; shot < shots; shot++) {
    let left = random.nextDouble();
    const at = p.findIndex((x) => {
      left -= x;
      return left < 0;
    });
    sample[`o${at < 0 ? p.length - 1 : at}`] = (sample[`o${at < 0 ? p.length - 1 : at}`] ?? 0) + 1;
  }
  return sample;
}

const EVEN = [0.25, 0.25, 0.25, 0.25];
/** At total variation 0.15 from EVEN, spread so that it is hardest to find. */
const MOVED = [0.325, 0.325, 0.175, 0.175];

describe.each([
  ["chi-squared", { alpha: 0.01, effect: 0.15, power: 0.9, test: "chi-squared" }, 1024],
  ["permutation", { alpha: 0.01, effect: 0.15, permutations: 200, power: 0.9, test: "permutation" }, 2048],
])("the %s test", (_name, comparator, shots) => {
  const replay: Json = {
    expect: [{ comparator: { kind: "distribution", ...comparator }, file: "results/counts.json" }],
  };
  const rounds = comparator.test === "permutation" ? Math.min(trials, 200) : trials;
  const verdictOf = (p: readonly number[], seed: number): string => {
    const first = run({ replay, counts: draw(EVEN, shots, BigInt(2 * seed)) });
    return compareRuns(first, run({ replay, counts: draw(p, shots, BigInt(2 * seed + 1)) })).verdict;
  };

  test("calls the same distribution different about as often as alpha says, and one that moved equivalent no more than its power allows", () => {
    let [falseAlarms, missed] = [0, 0];
    for (let seed = 0; seed < rounds; seed++) {
      if (verdictOf(EVEN, seed) === "DIFFERENT_UNEXPLAINED") falseAlarms++;
      if (verdictOf(MOVED, seed) === "EQUIVALENT") missed++;
    }
    if (process.env["ARQON_REPLAY_SEEDS"])
      console.log(`${comparator.test}, ${rounds} seeds: ${falseAlarms} false alarms, ${missed} missed`);
    // Within four standard deviations of the rates stated.
    expect(falseAlarms / rounds).toBeLessThan(0.01 + 4 * Math.sqrt((0.01 * 0.99) / rounds));
    expect(missed / rounds).toBeLessThan(0.1 + 4 * Math.sqrt((0.1 * 0.9) / rounds));
  });

  test("with too few shots is NOT_COMPARABLE rather than EQUIVALENT, unless it rejects", () => {
    const few = (counts: Record<string, number>) => run({ replay, counts });
    const same = compareRuns(few({ a: 30, b: 34 }), few({ a: 33, b: 31 }));
    expect(same.verdict).toBe("NOT_COMPARABLE");
    expect(same.sentence).toMatch(/too few shots to tell: power/);
    expect(compareRuns(few({ a: 64, b: 1 }), few({ a: 1, b: 64 })).verdict).toBe("DIFFERENT_UNEXPLAINED");
  });

  test("never calls a changed seed EQUIVALENT or IDENTICAL, whatever the counts", () => {
    const first = run({ replay, counts: { a: 512, b: 512 } });
    for (let seed = 0; seed < 50; seed++) {
      const counts = seed % 2 ? { a: 512, b: 512 } : draw([0.5, 0.5], 1024, BigInt(seed));
      const other = compareRuns(first, run({ replay, counts, seed: `0x${(seed + 100).toString(16)}` }));
      expect(other).toMatchObject({ verdict: "DIFFERENT_EXPLAINED", causes: [{ kind: "seed" }] });
    }
  });
});

test("power is that of the noncentral chi-square distribution", () => {
  // Reference values by SciPy 1.17: 1 - ncx2.cdf(chi2.isf(alpha, k), k, nc).
  for (const [noncentrality, degrees, alpha, power] of POWERS)
    expect(chiSquarePower(noncentrality, degrees, alpha)).toBeCloseTo(power, 9);
  expect(chiSquareTail(chiSquareCritical(0.001, 7), 7)).toBeCloseTo(0.001, 12);
  expect(chiSquarePower(0, 3, 0.05)).toBe(0.05);
});

describe("a calibration that moved", () => {
  const calibration = (t1Ns: number, calibratedAt = "2026-01-01T00:00:00Z"): Json => ({
    calibratedAt,
    qubits: [{ t1Ns: 100_000 }, { t1Ns }],
  });
  const replay = (drift: Json, more: Record<string, Json> = {}): Json => ({
    drift,
    expect: [{ comparator: { alpha: 0.001, kind: "distribution" }, file: "results/counts.json" }],
    ...more,
  });
  const near = { a: 500, b: 524 };
  const far = { a: 800, b: 224 };
  const compare = (drift: Json, t1Ns: number, counts: Record<string, number>) =>
    compareRuns(
      run({ replay: replay(drift), counts: near, calibration: calibration(100_000) }),
      run({ replay: replay(drift), counts, calibration: calibration(t1Ns) }),
    );
  const rule = [{ pointer: "/qubits/*/t1Ns", rel: 0.05 }];

  test("beyond its limits explains, with the amount", () => {
    const report = compare(rule, 77_000, far);
    expect(report).toMatchObject({ verdict: "DIFFERENT_EXPLAINED", causes: [{ kind: "calibration" }] });
    expect(report.sentence).toContain("calibration qubits/1/t1Ns 100000 -> 77000 (-23 %)");
  });

  test("within its limits does not explain, and is told", () => {
    const report = compare(rule, 97_000, far);
    expect(report).toMatchObject({
      verdict: "DIFFERENT_UNEXPLAINED",
      causes: [{ kind: "calibration", tolerated: true }],
    });
    expect(report.sentence).toContain("within its limits");
    expect(compare(rule, 97_000, near).verdict).toBe("EQUIVALENT");
  });

  test("without results that differ is EQUIVALENT, and never IDENTICAL", () => {
    expect(compare([], 77_000, near).verdict).toBe("EQUIVALENT");
  });

  test("or has aged out of its coherence window explains too", () => {
    const made = (started: string, counts: Record<string, number>) =>
      run({
        replay: replay([], { coherenceWindowMs: 86_400_000 }),
        counts,
        calibration: calibration(100_000),
        started,
      });
    const report = compareRuns(made("2026-01-01T01:00:00Z", near), made("2026-01-03T00:00:00Z", far));
    expect(report).toMatchObject({ verdict: "DIFFERENT_EXPLAINED", causes: [{ kind: "coherence" }] });
    expect(report.sentence).toContain("48 h old, the first time 1 h; its coherence window is 24 h");
    expect(compareRuns(made("2026-01-01T01:00:00Z", near), made("2026-01-01T09:00:00Z", far)).causes).toEqual(
      [],
    );
  });

  test.each([
    [{ drift: "x" }],
    [{ drift: [{ rel: 0.1 }] }],
    [{ drift: [{ pointer: "/a", rel: -1 }] }],
    [{ drift: [{ pointer: "/a", more: 1 }] }],
  ])("is not judged by rules of another form: %j", (wrong) => {
    const made = (t1: number) =>
      run({ replay: { expect: [], ...wrong } as Json, counts: near, calibration: calibration(t1) });
    expect(() => compareRuns(made(1), made(2))).toThrow(
      expect.objectContaining({ code: expect.any(String) }),
    );
  });
});
