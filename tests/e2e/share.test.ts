import { appendFileSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { newHome } from "./cli.ts";

const BELL = resolve(import.meta.dirname, "../../examples/bell.qasm");
const PROFILE = {
  creators: [{ name: "Lovelace, Ada", orcid: "0000-0002-1825-0097", institution: "CERN" }],
  licence: "CC-BY-4.0",
};

interface Row {
  artifactId: string;
  title: string;
  reproduced: number;
}
interface Lineage {
  artifacts: { artifactId: string; row?: Row }[];
  ancestors: { child: string; parent: string; role: string }[];
  descendants: { child: string; parent: string; role: string }[];
}
interface Refused {
  error: { code: string; message: string };
}

describe("sharing an artifact", () => {
  test("every container is verified, imported, cited and replayed by somebody else", async () => {
    using home = newHome();
    using elsewhere = newHome();
    mkdirSync(home.path, { mode: 0o700 });
    writeFileSync(join(home.path, "profile.json"), JSON.stringify(PROFILE));
    const run = await home.arqon(["run", BELL, "--seed", "3", "--json"]);
    expect(run.code, run.stderr).toBe(0);
    const { artifactId } = run.json<Row>();
    const containers = { zip: "a.zip", eln: "a.eln", dir: "folder", bagit: "bag" };
    for (const [format, name] of Object.entries(containers)) {
      const out = home.file(name);
      const exported = await home.arqon(["export", artifactId, out, "--format", format]);
      expect(exported.code, exported.stderr).toBe(0);
      const verified = await elsewhere.arqon(["verify", out, "--trust", `${home.path}/trust.json`]);
      expect([format, verified.code], verified.stdout).toEqual([format, 0]);
      const imported = await elsewhere.arqon(["import", out, "--json"]);
      expect(imported.json<Row>()).toMatchObject({ artifactId, title: "bell.qasm", reproduced: 1 });
    }
    expect(readdirSync(home.file("."))).not.toContainEqual(expect.stringContaining("partial"));

    const cited = await elsewhere.arqon(["cite", artifactId, "--doi", "10.5281/zenodo.1"]);
    expect(cited.stdout).toContain("author = {Lovelace, Ada}");
    expect(cited.stdout).toContain("doi = {10.5281/zenodo.1}");
    expect((await elsewhere.arqon(["cite", home.file("bag"), "--format", "cff"])).stdout).toContain(
      "license: CC-BY-4.0",
    );
    expect((await elsewhere.arqon(["replay", home.file("a.eln")])).stdout.split("\n")[0]).toBe("IDENTICAL");
  });

  test("lineage shows a replay from both ends, and equal runs stand once, counted", async () => {
    using home = newHome();
    const server = await home.serve();
    const runs = [1, 2].map(() => home.arqon(["run", BELL, "--seed", "5", "--json"]));
    const [first, second] = (await Promise.all(runs)).map((run) => run.json<Row>().artifactId);
    expect(first).toBe(second);
    const replayed = await home.arqon(["replay", first as string, "--json"]);
    const replay = replayed.json<Row>().artifactId;
    const listed = (await home.arqon(["runs", "--json"])).json<Row[]>();
    expect(listed.map(({ artifactId, reproduced }) => [artifactId, reproduced])).toEqual([
      [replay, 1],
      [first, 2],
    ]);
    expect((await home.arqon(["runs", "--all", "--json"])).json<Row[]>()).toHaveLength(3);
    expect((await home.arqon(["runs"])).stdout).toContain("reproduced 2×");

    const edge = { child: replay, parent: first, role: "replayOf" };
    const down = (await home.arqon(["lineage", first as string, "--json"])).json<Lineage>();
    expect([down.ancestors, down.descendants]).toEqual([[], [edge]]);
    // A replay that failed is not to be taken for one that did not.
    const other = (await home.arqon(["replay", first as string, "--seed", "6", "--json"])).json<Row>();
    const told = await home.arqon(["lineage", first as string]);
    expect(told.stdout).toMatch(new RegExp(`${replay.slice(7, 19)}.*✓ IDENTICAL`));
    expect(told.stdout).toMatch(new RegExp(`${other.artifactId.slice(7, 19)}.*✗ DIFFERENT_EXPLAINED`));
    expect(down.artifacts).toContainEqual(expect.objectContaining({ verdict: "IDENTICAL" }));
    const up = await home.arqon(["lineage", replay]);
    expect(up.stdout).toMatch(/came from\n {2}└─ replayOf {2}[0-9a-f]{12} {2}run {2}bell\.qasm/);
    expect((await home.arqon(["verify", replay])).stdout).toContain("1 of 1 parents verified from here");
    expect(await server.stop()).toBe(0);
  });

  test("what is wrong is refused by name, and nothing half-written stays", async () => {
    using home = newHome();
    const { artifactId } = (await home.arqon(["run", BELL, "--seed", "3", "--json"])).json<Row>();
    const folder = home.file("folder");
    expect((await home.arqon(["export", artifactId, folder])).code).toBe(0);
    const refused = async (...args: string[]) => {
      const { error } = (await home.arqon([...args, "--json"])).json<Refused>();
      return `${error.code} ${error.message}`;
    };
    expect(await refused("export", artifactId, folder)).toContain("it exists already");
    expect(await refused("export", artifactId, "x.zip", "--format", "eln")).toContain("must end in .eln");
    expect(await refused("export", artifactId, "x.zip", "--format", "dir")).toContain("may not end in .zip");
    expect(await refused("export", artifactId, home.file("none/x.zip"))).toMatch(/^FILE_UNREADABLE/);
    expect(existsSync(home.file("none"))).toBe(false);
    expect(await refused("cite", artifactId, "--licence", "Mine")).toMatch(/^USAGE .*by its URL/);
    expect(await refused("cite", artifactId, "--format", "endnote")).toMatch(/^USAGE/);
    expect(await refused("lineage", artifactId, "--depth", "1000")).toMatch(/^USAGE/);
    expect(await refused("lineage", "ffffffff")).toMatch(/^ARTIFACT_UNKNOWN/);

    appendFileSync(join(folder, "CITATION.md"), "x");
    const changed = await home.arqon(["verify", folder]);
    expect([changed.code, changed.stdout]).toEqual([
      1,
      expect.stringContaining("✗ statement: CITATION.md: it was changed"),
    ]);
    symlinkSync("/etc/hostname", join(folder, "record/link"));
    expect(await refused("import", folder)).toContain("record/link is not a regular file");
    writeFileSync(
      join(home.path, "profile.json"),
      '{"creators":[{"name":"Ada","orcid":"0000-0002-1825-0079"}]}',
    );
    expect(await refused("run", BELL)).toMatch(/^JSON_INVALID .*mistyped/);
  });
});
