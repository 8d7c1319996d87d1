/** A gradient judged, repeated, cited and handed on: what one person makes, another one reads, checks and goes on with. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { newHome } from "./cli.ts";

const ANSATZ = resolve(import.meta.dirname, "../../examples/ansatz.qasm");
const SLOPE = `constraints:
  - {name: slope, kind: value, file: results/gradient.json, pointer: /gradient/0/value, max: 0}
`;
interface Made {
  readonly artifactId: string;
}
interface Graph {
  readonly ancestors: readonly { readonly parent: string; readonly role: string }[];
  readonly descendants: readonly { readonly child: string; readonly role: string }[];
}

test("a gradient is judged, the judgement repeated, cited, exported in every form, and read by another", async () => {
  using alice = newHome();
  using bob = newHome();
  const file = alice.file("slope.yaml");
  writeFileSync(file, SLOPE);
  const ask = ["gradient", ANSATZ, "--observable", "ZZ", "--parameters", "theta=0.4,phi=1.3", "--seed", "1"];
  const gradient = (await alice.arqon([...ask, "--shots", "500", "--json"])).json<Made>().artifactId;
  const judged = await alice.arqon(["validate", gradient, "--constraints", file, "--json"]);
  const validation = judged.json<Made>().artifactId;
  const replay = (await alice.arqon(["replay", validation, "--json"])).json<Made>().artifactId;
  const shown = (await alice.arqon(["show", replay])).stdout;
  for (const words of [/^HOLDS$/m, /^slope +HOLDS/m, /^IDENTICAL beside /m]) expect(shown).toMatch(words);

  const cited = (await alice.arqon(["cite", replay])).stdout;
  expect(cited).toContain(validation);
  const down = (await alice.arqon(["lineage", gradient, "--json"])).json<Graph>();
  expect(down.descendants.map(({ child, role }) => `${role} ${child}`).sort()).toEqual(
    [`replayOf ${replay}`, `validates ${replay}`, `validates ${validation}`].sort(),
  );

  for (const [artifact, form] of [
    [gradient, "eln"],
    [validation, "bagit"],
    [replay, "zip"],
    [replay, "dir"],
  ] as const) {
    const out = bob.file(`${artifact.slice(7, 19)}.${form}`);
    expect((await alice.arqon(["export", artifact, out, "--format", form])).code).toBe(0);
    expect((await bob.arqon(["verify", out])).stdout).toContain("VERIFIED");
    if (form !== "dir") expect((await bob.arqon(["import", out])).code).toBe(0);
  }
  const up = (await bob.arqon(["lineage", replay, "--json"])).json<Graph>();
  expect(new Set(up.ancestors.map(({ parent }) => parent))).toEqual(new Set([validation, gradient]));
  const again = await bob.arqon(["replay", replay]);
  expect(again.stdout, again.stderr).toMatch(/^IDENTICAL[\s\S]*itself a replay: IDENTICAL beside/);

  const folder = bob.file(`${replay.slice(7, 19)}.dir`);
  const guide = readFileSync(join(folder, "VERIFY.md"), "utf8");
  const steps = [...guide.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join("");
  const said = execFileSync("bash", ["-c", `${steps}\ntrue`], {
    cwd: folder,
    timeout: 300_000,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const words of ["no file added", "Signature Verified Successfully", "in the ledger"])
    expect(said.toString()).toContain(words);
});

test("a run with observables and one that learned are shown with what they gave", async () => {
  using home = newHome();
  const bell = resolve(import.meta.dirname, "../../examples/bell.qasm");
  const run = await home.arqon(["run", bell, "--seed", "1", "--observable", "ZZ,XX", "--json"]);
  const shown = await home.arqon(["show", run.json<Made>().artifactId]);
  expect(shown.stdout, shown.stderr).toMatch(/^<ZZ> = 1/m);
  const table = home.file("few.csv");
  writeFileSync(table, "size,kind\n1,a\n2,a\n7,b\n8,b\n");
  const learned = await home.arqon([
    "classify",
    table,
    "--label",
    "kind",
    "--qubits",
    "1",
    "--seed",
    "1",
    "--json",
  ]);
  expect((await home.arqon(["show", learned.json<Made>().artifactId])).stdout).toMatch(
    /^predicted {2}[ab], [ab]\nkernel {2}.* right; classical control .* right$/m,
  );
});
