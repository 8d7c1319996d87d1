import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { newHome } from "./cli.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const GHZ = join(ROOT, "examples/ghz4.qasm");
const LINE = join(ROOT, "examples/line5.calibration.json");

interface Answer {
  readonly artifactId: string;
  readonly recipeId: string;
  readonly engine: string;
  readonly reason: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly expectations: readonly { readonly observable: unknown; readonly value: number }[];
}

test("a circuit is run with a device's noise, sealed with its calibration, and replayed the same", async () => {
  using home = newHome();
  const plain = ["run", GHZ, "--seed", "7", "--shots", "4096", "--json"];
  const asked = [
    ...plain,
    "--noise",
    LINE,
    "--device",
    "line5",
    "--observable",
    '[{"ZZII":1,"IIII":1},"XXXX"]',
  ];
  const first = await home.arqon(asked);
  expect(first.code, first.stderr).toBe(0);
  const noisy = first.json<Answer>();
  expect([noisy.engine, noisy.reason.includes("by estimate")]).toEqual(["density", true]);
  const good = ((noisy.counts["0000"] ?? 0) + (noisy.counts["1111"] ?? 0)) / 4096;
  expect(good).toBeGreaterThan(0.8);
  expect(good).toBeLessThan(0.97);
  const [sum, all] = noisy.expectations.map(({ value }) => value) as [number, number];
  expect([sum > 1.9 && sum < 2, all > 0.85 && all < 1]).toEqual([true, true]);

  const bundle = home.file("noisy.zip");
  for (const command of [
    ["verify", noisy.artifactId],
    ["export", noisy.artifactId, bundle],
    ["verify", bundle],
  ])
    expect((await home.arqon(command)).code).toBe(0);
  const again = await home.arqon(["replay", noisy.artifactId]);
  expect([again.code, again.stdout.split("\n")[0]], again.stderr).toEqual([0, "IDENTICAL"]);
  expect((await home.arqon(asked)).json<Answer>().artifactId).toBe(noisy.artifactId);

  // What says the default is the same recipe; another engine is another one.
  const [without, named] = [
    await home.arqon(plain),
    await home.arqon([...plain, "--engine", "auto", "--precision", "f64"]),
  ];
  expect(named.json<Answer>().recipeId).toBe(without.json<Answer>().recipeId);
  const other = (await home.arqon([...plain, "--noise", LINE, "--engine", "trajectories"])).json<Answer>();
  expect([other.engine, other.recipeId === noisy.recipeId]).toEqual(["trajectories", false]);
});

test("a calibration of another device, and what it cannot run, are refused by code", async () => {
  using home = newHome();
  const broken = home.file("broken.json");
  writeFileSync(broken, readFileSync(LINE, "utf8").replace('"device": "line5"', '"colour": "red"'));
  const cases: readonly [readonly string[], number, string][] = [
    [["run", GHZ, "--noise", LINE, "--device", "torus"], 2, "CALIBRATION_INVALID"],
    [["run", GHZ, "--noise", broken], 2, "CALIBRATION_INVALID"],
    [["run", GHZ, "--noise", LINE, "--as-is"], 3, "CALIBRATION_REFUSED"],
    [["run", GHZ, "--noise", LINE, "--engine", "mps"], 2, "USAGE"],
    [["run", GHZ, "--observable", "ZZ"], 2, "USAGE"],
    [["run", GHZ, "--idle"], 2, "USAGE"],
    [["transpile", GHZ, "--basis", "rz,sx,x,cz", "--coupling", "0-1,1-2"], 2, "TRANSPILE_IMPOSSIBLE"],
    [["estimate", GHZ, "--engine", "quick"], 2, "USAGE"],
  ];
  for (const [command, exit, code] of cases) {
    const { code: got, stderr } = await home.arqon([...command]);
    expect([command, got, stderr.includes(`[${code}]`)], stderr).toEqual([command, exit, true]);
  }
});

test("estimate says engine, reason and figures, and refuses what is over the limit", async () => {
  using home = newHome();
  const small = (await home.arqon(["estimate", GHZ, "--noise", LINE, "--json"])).json<
    Answer & { memoryBytes: number }
  >();
  expect([small.engine, small.memoryBytes > 0]).toEqual(["density", true]);
  const wide = home.file("wide.qasm");
  const gates = Array.from({ length: 30 }, (_, q) => `ry(0.${q + 1}) q[${q}];`).join("\n");
  writeFileSync(wide, `OPENQASM 2.0; include "qelib1.inc"; qreg q[30]; ${gates}`);
  const large = await home.arqon(["estimate", wide, "--engine", "statevector"]);
  expect([large.code, large.stderr.includes("[QUANTUM_TOO_LARGE]"), large.stderr.includes("GiB")]).toEqual([
    3,
    true,
    true,
  ]);
});

test("what one job may take is the server's to say: estimate and doctor tell it, and runs are held to it", async () => {
  using home = newHome();
  const shots = ["--shots", "100000", "--json"];
  expect((await home.arqon(["estimate", GHZ, ...shots])).json()).toMatchObject({
    limits: { memoryBytes: 3 * 2 ** 30, timeMs: 600_000 },
  });
  const server = await home.serve({}, 0, ["--job-memory-mib", "8", "--job-minutes", "2"]);
  try {
    const doctor = (await home.arqon(["doctor"])).stdout;
    expect(doctor).toContain("8.0 MiB and 2 min for one job");
    expect(doctor).toMatch(/✓ server +\w+:\/\/\S+ answers as owner/);
    const [estimated, ran] = [
      await home.arqon(["estimate", GHZ, ...shots]),
      await home.arqon(["run", GHZ, ...shots]),
    ];
    for (const { code, stderr } of [estimated, ran]) {
      expect([code, stderr.includes("[QUANTUM_TOO_LARGE]")], stderr).toEqual([3, true]);
      expect(stderr).toContain("serve --job-memory-mib");
    }
    const small = await home.arqon(["estimate", GHZ, "--json"]);
    expect(small.json()).toMatchObject({ limits: { memoryBytes: 8 * 2 ** 20, timeMs: 120_000 } });
    expect((await home.arqon(["run", GHZ, "--json"])).code).toBe(0);
  } finally {
    await server.stop();
  }
  for (const bad of ["0", "1.5", "many"])
    expect((await home.arqon(["serve", "--port", "0", "--job-memory-mib", bad])).stderr).toContain("[USAGE]");
});

test("inputs are filled in, and a compiled circuit runs as it is with its device's noise", async () => {
  using home = newHome();
  const text = home.file("angle.qasm");
  writeFileSync(
    text,
    'OPENQASM 3.0; include "stdgates.inc"; input float theta; qubit q; bit c; rx(theta) q; c = measure q;',
  );
  const half = await home.arqon([
    "run",
    text,
    "--input",
    "theta=3.141592653589793",
    "--shots",
    "100",
    "--json",
  ]);
  expect(half.json<Answer>().counts).toEqual({ "1": 100 });

  const compiled = (await home.arqon(["transpile", GHZ, "--device", LINE, "--json"])).json<{
    qasm: string;
    difference: number;
  }>();
  expect(compiled.difference).toBeLessThan(1e-9);
  const file = home.file("compiled.qasm");
  writeFileSync(file, compiled.qasm);
  const run = await home.arqon(["run", file, "--noise", LINE, "--as-is", "--json"]);
  expect([run.code, run.json<Answer>().engine], run.stderr).toEqual([0, "density"]);
});
