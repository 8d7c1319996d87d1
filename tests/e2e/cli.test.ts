import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readZip, writeZip } from "@arqon/core/bundle";
import { describe, expect, test } from "vitest";
import { newHome } from "./cli.ts";

const BELL = resolve(import.meta.dirname, "../../examples/bell.qasm");
const TELEPORT = resolve(import.meta.dirname, "../../examples/teleport.qasm");

interface RunAnswer {
  artifactId: string;
  recipeId: string;
  recordId: string;
  counts: Record<string, number>;
  seed: string;
}
interface ErrorAnswer {
  error: { code: string; message: string; remedy: string };
}

describe("arqon, as a user", () => {
  test("the same file and seed give the same ids in another home, process and time zone", async () => {
    using a = newHome();
    using b = newHome();
    const here = await a.arqon(["run", BELL, "--shots", "500", "--seed", "7", "--json"], { TZ: "UTC" });
    copyFileSync(BELL, b.file("renamed.qasm"));
    const there = await b.arqon(
      ["run", b.file("renamed.qasm"), "--shots", "500", "--seed", "0x7", "--json"],
      { TZ: "Pacific/Auckland" },
    );
    expect([here.code, there.code], here.stderr + there.stderr).toEqual([0, 0]);
    const first = here.json<RunAnswer>();
    const second = there.json<RunAnswer>();
    expect(Object.keys(first.counts).sort()).toEqual(["00", "11"]);
    expect(Object.values(first.counts).reduce((sum, count) => sum + count)).toBe(500);
    expect([second.artifactId, second.recipeId, second.counts]).toEqual([
      first.artifactId,
      first.recipeId,
      first.counts,
    ]);
    expect(second.recordId).not.toBe(first.recordId);
  });

  test("an outcome too large for a message comes whole, also without a server, its counts in order", async () => {
    using home = newHome();
    const wide = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[18];\ncreg c[18];\nh q;\nmeasure q -> c;\n';
    writeFileSync(home.file("wide.qasm"), wide);
    const run = await home.arqon([
      "run",
      home.file("wide.qasm"),
      ...["--shots", "40000", "--seed", "3", "--json"],
    ]);
    expect(run.code, run.stderr).toBe(0);
    const answer = run.json<RunAnswer>();
    expect(answer).toMatchObject({ shots: 40_000, qubits: 18, seed: "0x3", backend: "sim-statevector" });
    expect(Object.values(answer.counts).reduce((sum, count) => sum + count)).toBe(40_000);
    const keys = run.stdout.match(/"[01]{18}"/g) ?? [];
    expect(keys).toEqual([...keys].sort());
    expect(keys.length).toBeGreaterThan(36_000);
  });

  test("a result is verified, replayed, exported, checked elsewhere, and every change to it is found", async () => {
    using home = newHome();
    using elsewhere = newHome();
    const server = await home.serve();
    const run = await home.arqon(["run", TELEPORT, "--seed", "1", "--json"]);
    expect(run.code, run.stderr).toBe(0);
    const { artifactId, counts } = run.json<RunAnswer>();
    expect(Object.keys(counts).every((key) => /^[01] [01] [01]$/.test(key))).toBe(true);

    expect((await home.arqon(["verify", artifactId])).code).toBe(0);
    const again = await home.arqon(["replay", artifactId]);
    expect([again.code, again.stdout.split("\n")[0]], again.stderr).toEqual([0, "IDENTICAL"]);
    const other = await home.arqon(["replay", artifactId, "--seed", "2"]);
    expect([other.code, other.stdout.split("\n")[0]]).toEqual([1, "DIFFERENT_EXPLAINED"]);
    expect(other.stdout).toContain("seed");

    const zip = home.file("run.zip");
    expect((await home.arqon(["export", artifactId, zip])).code).toBe(0);
    expect(await server.stop()).toBe(0);

    const offline = await elsewhere.arqon(["verify", zip, "--json"]);
    expect(offline.code, offline.stdout).toBe(0);
    expect(offline.json<{ verdict: string; trusted: boolean }>()).toMatchObject({
      verdict: "VERIFIED",
      trusted: false,
    });
    expect((await elsewhere.arqon(["verify", zip, "--trust", `${home.path}/trust.json`])).code).toBe(0);
    const imported = await elsewhere.arqon(["import", zip, "--json"]);
    expect(imported.json<{ artifactId: string }>().artifactId).toBe(artifactId);
    const replayed = await elsewhere.arqon(["replay", zip]);
    expect(replayed.stdout.split("\n")[0], replayed.stderr).toBe("IDENTICAL");

    const files = new Map(readZip(readFileSync(zip)));
    const target = files.get("results/counts.json") as Uint8Array;
    // The last digit of a count: a changed key might be one that is there already, and that has a code of its own.
    const digit = target.indexOf(",".charCodeAt(0)) - 1;
    target[digit] = (target[digit] as number) ^ 1;
    writeFileSync(home.file("changed.zip"), writeZip(files));
    const changed = await elsewhere.arqon(["verify", home.file("changed.zip")]);
    expect(changed.code).toBe(1);
    expect(changed.stdout).toContain("results/counts.json");
    expect((await elsewhere.arqon(["import", home.file("changed.zip")])).code).toBe(1);
  });

  test("what runs on a server elsewhere is fetched by export, to verify it here", async () => {
    using home = newHome();
    using reader = newHome();
    const server = await home.serve();
    const own = await reader.serve(); // It does not matter: what is asked for is elsewhere.
    const there = { ARQON_URL: server.url, ARQON_API_KEY: server.apiKey };
    const afar = await reader.arqon(["run", BELL], there);
    expect(afar.code, afar.stderr).toBe(0);
    expect(afar.stdout).toContain("run.zip    fetch it from the server");
    expect(afar.stdout).not.toMatch(/ cite [0-9a-f]/);
    const [id = ""] = /sha256:[0-9a-f]{64}/.exec(afar.stdout) ?? [];
    const [file, none] = [reader.file("run.zip"), reader.file("none.zip")];
    const fetched = await reader.arqon(["export", id.slice(7, 19), file, "--json"], there);
    expect(fetched.json(), fetched.stderr).toMatchObject({ artifactId: id, format: "zip" });
    const trust = ["--trust", join(home.path, "trust.json")];
    expect((await reader.arqon(["verify", file, ...trust])).code).toBe(0);
    const missing = await reader.arqon(["export", "0".repeat(64), none, "--json"], there);
    expect(missing.json<ErrorAnswer>().error.code).toBe("ARTIFACT_UNKNOWN");
    expect(existsSync(none)).toBe(false);
    await own.stop();
    await server.stop();
  });

  test("bad input gets a code, a place, a remedy and an exit code, never a stack trace", async () => {
    using home = newHome();
    const server = await home.serve();
    const write = (name: string, text: string): string => {
      writeFileSync(home.file(name), text);
      return home.file(name);
    };
    const head = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n';
    const cases: [string[], number, string, RegExp][] = [
      [
        ["run", write("syntax.qasm", `${head}qreg q[2]\nh q[0];`)],
        2,
        "QASM_SYNTAX",
        /syntax\.qasm:4:1.*expected/,
      ],
      [
        ["run", write("gate.qasm", `${head}qreg q[1];\nfoo q[0];`)],
        2,
        "QASM_SEMANTIC",
        /gate\.qasm:4:1.*foo/,
      ],
      [
        ["run", write("opaque.qasm", `${head}qreg q[1];\nopaque magic a;\nmagic q[0];`)],
        2,
        "QASM_UNSUPPORTED",
        /magic/,
      ],
      [["run", write("large.qasm", `${head}qreg q[10001];\nh q;`)], 3, "QUANTUM_TOO_LARGE", /10001 qubits/],
      [["run", BELL, "--backend", "no-such"], 2, "BACKEND_UNKNOWN", /no-such/],
      [["run", BELL, "--shots", "0"], 2, "USAGE", /--shots 0/],
      [["run", BELL, "--seed", "x"], 2, "USAGE", /--seed x/],
      [["run", home.file("missing.qasm")], 2, "FILE_UNREADABLE", /missing\.qasm/],
      [["fly"], 2, "USAGE", /fly/],
      [["show", "ffffffff"], 2, "ARTIFACT_UNKNOWN", /ffffffff/],
      [["import", write("no.zip", "not a zip")], 1, "BUNDLE_MALFORMED", /./],
    ];
    for (const [args, exit, code, message] of cases) {
      const outcome = await home.arqon([...args, "--json"]);
      expect(outcome.code, `${args.join(" ")}: ${outcome.stdout}${outcome.stderr}`).toBe(exit);
      const { error } = outcome.json<ErrorAnswer>();
      expect(error.code, args.join(" ")).toBe(code);
      expect(error.message).toMatch(message);
      expect(error.remedy).not.toBe("");
      expect(outcome.stderr).not.toMatch(/\n\s+at /);
    }
    await server.stop();
    const unreachable = await home.arqon(["run", BELL, "--json"], { ARQON_URL: "ws://127.0.0.1:1" });
    expect(unreachable.code).toBe(4);
    expect(unreachable.json<ErrorAnswer>().error.code).toBe("SERVER_UNREACHABLE");
  });

  test("every command has help with an example, and completions name them all", async () => {
    using home = newHome();
    const bash = await home.arqon(["completions", "bash"]);
    const overview = await home.arqon(["help"]);
    const names = [...overview.stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map((match) => match[1] as string);
    expect(names).toContain("run");
    for (const name of names) {
      expect(bash.stdout).toContain(name);
      expect((await home.arqon([name, "--help"])).stdout).toContain("example: arqon");
    }
  });

  test("the demo ends verified and replayed, and doctor finds all well", async () => {
    using home = newHome();
    const demo = await home.arqon(["demo"]);
    expect(demo.code, demo.stderr).toBe(0);
    expect(demo.stdout).toContain("VERIFIED");
    expect(demo.stdout).toContain("IDENTICAL");
    const doctor = await home.arqon(["doctor"]);
    expect(doctor.code, doctor.stdout).toBe(0);
    expect(doctor.stdout).toMatch(/✓ server +none runs; one started for this check answers as owner/);
  });
});
