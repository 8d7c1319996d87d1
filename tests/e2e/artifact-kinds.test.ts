/** Every kind of artifact from the command line: gradients, calibrations, validations. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { connect } from "@arqon/sdk";
import { describe, expect, test } from "vitest";
import { newHome } from "./cli.ts";

const example = (name: string): string => resolve(import.meta.dirname, "../../examples", name);
const ANSATZ = example("ansatz.qasm");
const BELL = example("bell.qasm");
const DEVICE = example("device.json");
const CONSTRAINTS = example("bell-constraints.yaml");

interface Derivative {
  parameter: string;
  value: number;
  low: number;
  high: number;
}
interface Gradient {
  artifactId: string;
  isExact: boolean;
  gradient: Derivative[];
}
interface Shown {
  artifactType: string;
  results: Record<string, unknown>;
}
interface Refused {
  error: { code: string; message: string };
}

describe("arqon gradient", () => {
  test("is sealed as a Gradient, verifies and replays; shots give intervals around the exact derivative", async () => {
    using home = newHome();
    const ask = ["gradient", ANSATZ, "--observable", "ZZ - 0.5*XY", "--parameters", "theta=0.4,phi=1.3"];
    const exact = await home.arqon([...ask, "--json"]);
    expect(exact.code, exact.stderr).toBe(0);
    const truth = exact.json<Gradient>();
    expect(truth.isExact).toBe(true);
    const sampled = (await home.arqon([...ask, "--shots", "4000", "--seed", "1", "--json"])).json<Gradient>();
    sampled.gradient.forEach(({ parameter, low, high }, k) => {
      const { value, ...is } = truth.gradient[k] as Derivative;
      expect(is.parameter).toBe(parameter);
      expect(high - low).toBeLessThan(0.1);
      expect(Math.abs(value - (low + high) / 2)).toBeLessThan(high - low);
    });
    const shown = (await home.arqon(["show", sampled.artifactId, "--json"])).json<Shown>();
    expect(shown.artifactType).toBe("gradient");
    expect(Object.keys(shown.results)).toEqual(["gradient.json"]);
    expect((await home.arqon(["verify", sampled.artifactId])).code).toBe(0);
    expect((await home.arqon(["replay", sampled.artifactId])).stdout).toMatch(/^IDENTICAL/);
  });

  test.each([
    [["--observable", "ZZZ", "--parameters", "theta=0.1,phi=0"], "USAGE", "3 letters"],
    [["--observable", "ZZ", "--parameters", "theta=x"], "USAGE", "expected name=number"],
    [["--observable", "Q", "--parameters", "theta=0.1,phi=0"], "USAGE", "no term at character 1"],
    [["--observable", "ZZ", "--parameters", "theta=0.1"], "QASM_SEMANTIC", "phi"],
    [["--observable", "ZZ", "--parameters", "all", "--level", "0.5"], "USAGE", "has inputs"],
    [
      ["--observable", "ZZ", "--parameters", "theta=0.1,phi=0", "--level", "2"],
      "USAGE",
      "--level 2: expected a number between 0 and 1",
    ],
  ])("refuses %j", async (options, code, message) => {
    using home = newHome();
    const refused = await home.arqon(["gradient", ANSATZ, ...options, "--json"]);
    expect(refused.code).not.toBe(0);
    expect(refused.json<Refused>().error).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

interface Made {
  artifactId: string;
}
interface Replayed {
  verdict: string;
  causes: { kind: string; text: string }[];
}

describe("a simulated device", () => {
  test("stands under its calibration: runs cite it, and one that moved explains what a replay finds", async () => {
    using home = newHome();
    const run = ["run", BELL, "--backend", "sim-device", "--seed", "7", "--shots", "2000", "--json"];
    const before = await home.arqon(run);
    expect(before.json<Refused>().error).toMatchObject({ code: "BACKEND_UNSUITABLE" });

    const calibrated = await home.arqon(["calibration", "import", DEVICE, "--json"]);
    expect(calibrated.code, calibrated.stderr).toBe(0);
    const { artifactId: calibration } = calibrated.json<Made>();
    const { artifactId } = (await home.arqon(run)).json<Made>();
    expect((await home.arqon(["verify", artifactId])).code).toBe(0);
    const lineage = (await home.arqon(["lineage", artifactId, "--json"])).stdout;
    expect(JSON.parse(lineage)).toMatchObject({ ancestors: [{ parent: calibration, role: "calibratedBy" }] });

    const again = (await home.arqon(["replay", artifactId, "--json"])).json<Replayed>();
    expect(again).toMatchObject({ verdict: "IDENTICAL", causes: [] });

    const moved = home.file("moved.json");
    writeFileSync(moved, readFileSync(DEVICE, "utf8").replace('"error": 0.008', '"error": 0.08'));
    expect((await home.arqon(["calibration", "import", moved])).code).toBe(0);
    const later = (await home.arqon(["replay", artifactId, "--json"])).json<Replayed>();
    expect(later).toMatchObject({
      verdict: "DIFFERENT_EXPLAINED",
      causes: [{ kind: "calibration", text: "calibration gates/2/error 0.008 -> 0.08 (+900 %)" }],
    });
    expect((await home.arqon(["replay", calibration])).stdout).toMatch(/^IDENTICAL/);
  });

  test("takes no calibration of another form", async () => {
    using home = newHome();
    const wrong = home.file("wrong.json");
    writeFileSync(wrong, '{"schema":"arqonbus.calibration.v1","device":"x","qubits":[]}');
    const refused = await home.arqon(["calibration", "import", wrong, "--json"]);
    expect(refused.json<Refused>().error.code).toBe("CALIBRATION_INVALID");
  });
});

describe("arqon validate", () => {
  test.each([
    ["nan.yaml", "constraints: [{kind: expectation, observable: ZZ, min: .nan}]", "JSON_INVALID"],
    ["inf.yaml", "constraints: [{kind: expectation, observable: ZZ, min: 0, max: .inf}]", "JSON_INVALID"],
    ["null.json", '{"constraints":[{"kind":"expectation","observable":"ZZ","min":0,"max":null}]}', "USAGE"],
    [
      "twice.json",
      '{"constraints":[{"kind":"expectation","observable":"ZZ","min":1,"min":0}]}',
      "JSON_AMBIGUOUS",
    ],
  ])("takes no bound that bounds nothing: %s", async (name, text, code) => {
    using home = newHome();
    writeFileSync(home.file(name), text);
    const refused = await home.arqon(["validate", "0", "--constraints", home.file(name), "--json"]);
    expect(refused.json<Refused>().error.code).toBe(code);
    expect(refused.code).toBe(2);
  });

  test("judges a run by declared constraints, sealed with the run as its parent", async () => {
    using home = newHome();
    const { artifactId } = (await home.arqon(["run", BELL, "--seed", "3", "--json"])).json<Made>();
    const judge = ["validate", artifactId, "--constraints"];
    const holds = await home.arqon([...judge, CONSTRAINTS, "--json"]);
    expect(holds.code, holds.stderr).toBe(0);
    const validation = holds.json<Made & { verdict: string }>();
    expect(validation.verdict).toBe("HOLDS");
    expect((await home.arqon(["verify", validation.artifactId])).code).toBe(0);
    const shown = (await home.arqon(["show", validation.artifactId, "--json"])).json<Shown>();
    expect(shown.artifactType).toBe("validation");

    const strict = home.file("strict.json");
    const never = { kind: "expectation", observable: "ZZ", max: -0.5 };
    writeFileSync(strict, JSON.stringify({ constraints: [never] }));
    const violated = await home.arqon([...judge, strict]);
    expect(violated.code).toBe(1);
    expect(violated.stdout).toMatch(/^VIOLATED/);
    const replayed = await home.arqon(["replay", validation.artifactId]);
    expect(replayed.stdout, replayed.stderr).toMatch(/^IDENTICAL/);
  });

  test("refuses constraints it cannot read, before it asks anybody", async () => {
    using home = newHome();
    const file = home.file("c.yaml");
    writeFileSync(file, "constraints:\n  - kind: magic\n");
    const refused = await home.arqon(["validate", "abc", "--constraints", file, "--json"]);
    expect(refused.json<Refused>().error).toMatchObject({
      code: "USAGE",
      message: expect.stringContaining('the kind "magic"'),
    });
  });
});

describe("a run that failed", () => {
  test("is an artifact: its job names it, and show says at which duty it ended and what to do", async () => {
    using home = newHome();
    const server = await home.serve();
    const client = await connect({ url: server.url, apiKey: server.apiKey });
    const job = await client.submit("quantum.jobs", {
      schema: "arqonbus.quantum.job.v1",
      program: readFileSync(BELL),
      programMediaType: "text/x-openqasm;version=2.0",
      name: "bell.qasm",
      constraints: { backend: "sim-device" },
    });
    const error = await job.result().catch((thrown) => thrown);
    const { sealed } = await client.job(job.id).state();
    await client.close();
    expect(error.code).toBe("BACKEND_UNSUITABLE");
    const id = sealed?.artifactId ?? "";
    expect(error.message.split(`(artifact ${id})`)).toHaveLength(2);
    const shown = await home.arqon(["show", id]);
    expect(shown.stdout).toContain('refused at the duty "inject": backend sim-device has no calibration yet');
    expect(shown.stdout).toContain("[BACKEND_UNSUITABLE]");
    expect((await home.arqon(["verify", id])).code).toBe(0);
    await server.stop();
  });
});

describe("arqon run --diff", () => {
  test("keeps commit, tree and uncommitted changes in the record, changes no identity, and refuses a secret", async () => {
    using home = newHome();
    const folder = home.file("program");
    mkdirSync(folder);
    const git = (...args: string[]): string =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], {
        cwd: folder,
      }).toString();
    git("init", "-q");
    const file = resolve(folder, "bell.qasm");
    writeFileSync(file, readFileSync(BELL));
    writeFileSync(resolve(folder, "notes.txt"), "one\n");
    git("add", ".");
    git("commit", "-q", "-m", "x");
    writeFileSync(resolve(folder, "notes.txt"), "two\n");
    const run = ["run", file, "--seed", "3", "--json"];
    const plain = (await home.arqon(run)).json<Made>();
    const kept = await home.arqon([...run, "--diff"]);
    expect(kept.code, kept.stderr).toBe(0);
    expect(kept.json<Made>().artifactId).toBe(plain.artifactId);
    const out = home.file("out");
    expect((await home.arqon(["export", kept.json<Made>().artifactId, out, "--format", "dir"])).code).toBe(0);
    const source = JSON.parse(readFileSync(resolve(out, "record/source.json"), "utf8"));
    expect(source.commit).toBe(git("rev-parse", "HEAD").trim());
    expect(source.isDirty).toBe(true);
    expect(readFileSync(resolve(out, "record/source.diff"), "utf8")).toContain("-one\n+two");
    expect((await home.arqon(["verify", out])).code).toBe(0);

    writeFileSync(resolve(folder, "notes.txt"), `ACCESS_TOKEN="${"q7Xz2LmP9".repeat(3)}"\n`);
    const refused = await home.arqon([...run, "--diff"]);
    expect(refused.json<Refused>().error.code).toBe("SECRET_FOUND");
  });
});
