/** Tags and notes from the command line and from Python to the record, the views, and back: found, and told from what was said later. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { readZip } from "@arqon/core/bundle";
import { connect } from "@arqon/sdk";
import { describe, expect, test } from "vitest";
import { type Home, newHome, type Outcome } from "./cli.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BELL = resolve(ROOT, "examples/bell.qasm");
const PYTHON = resolve(ROOT, ".venv/bin/python");
const run = promisify(execFile);

interface Row {
  artifactId: string;
  recordId: string;
  tags: string[];
  labels: { note?: string; tags?: string[] };
  annotations: { by: string; tags: string[]; removed: string[]; note: string }[];
}
interface Refused {
  error: { code: string; message: string };
}

const good = async (home: Home, ...args: string[]): Promise<Outcome> => {
  const outcome = await home.arqon(args);
  expect(outcome.code, outcome.stderr).toBe(0);
  return outcome;
};
const found = async (home: Home, ...tags: string[]): Promise<string[]> =>
  (await good(home, "runs", "--json", ...tags.flatMap((tag) => ["--tag", tag])))
    .json<Row[]>()
    .map(({ artifactId }) => artifactId);

describe("labels", () => {
  test("given with a run are in its record and views and in no other id, and find it; later ones are told apart", async () => {
    using home = newHome();
    const seeded = ["run", BELL, "--seed", "3", "--json"];
    const plain = (await good(home, ...seeded)).json<Row>();
    const labelled = [...seeded, "--tag", "demo", "--tag", "bell", "--note", "first <light>"];
    const { artifactId, recordId } = (await good(home, ...labelled)).json<Row>();
    expect(artifactId).toBe(plain.artifactId);
    expect(recordId).not.toBe(plain.recordId);

    const out = home.file("out");
    await good(home, "export", artifactId, out, "--format", "dir");
    const text = (path: string): string => readFileSync(resolve(out, path), "utf8");
    expect(text("record/labels.json")).toBe('{"note":"first <light>","tags":["bell","demo"]}\n');
    expect(text("ro-crate-metadata.json")).toContain('"keywords":"bell, demo"');
    expect(text("ro-crate-preview.html")).toContain("first &#60;light&#62;");
    expect(text("CITATION.cff")).toContain('keywords:\n  - "bell"\n  - "demo"');
    expect((await good(home, "cite", artifactId)).stdout).toContain("keywords = {bell, demo}");
    await good(home, "verify", out);

    const id = artifactId.slice(7, 19);
    const annotated = await good(
      home,
      ...[
        "annotate",
        id,
        "--tag",
        "paper",
        "--remove-tag",
        "demo",
        "--note",
        "figure 2",
        "--by",
        "Ada",
        "--json",
      ],
    );
    expect(annotated.json<Row>().tags).toEqual(["bell", "paper"]);
    const shown = (await good(home, "show", id, "--json")).json<Row>();
    expect(shown).toMatchObject({
      tags: ["bell", "paper"],
      labels: { note: "first <light>", tags: ["bell", "demo"] },
      annotations: [{ by: "Ada", tags: ["paper"], removed: ["demo"], note: "figure 2" }],
    });
    const page = (await good(home, "show", id)).stdout;
    expect(page).toMatch(/^tags {6}bell, demo$/m);
    expect(page).toMatch(/^later {5}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d Ada: \+paper, −demo$/m);
    expect(page).toMatch(/^tags now {2}bell, paper$/m);
    expect(await found(home, "bell", "paper")).toEqual([artifactId]);
    expect(await found(home, "demo")).toEqual([]);
    await good(home, "reindex");
    expect(await found(home, "paper")).toEqual([artifactId]);
    await good(home, "doctor");

    using elsewhere = newHome();
    await good(elsewhere, "import", out);
    expect(await found(elsewhere, "bell", "demo")).toEqual([artifactId]);
  });

  test("that break a rule, and secrets among them, are refused by code before anything is kept", async () => {
    using home = newHome();
    const refusal = async (...args: string[]): Promise<string> =>
      (await home.arqon([...args, "--json"])).json<Refused>().error.code;
    expect(await refusal("run", BELL, "--tag", "a,b")).toBe("USAGE");
    expect(await refusal("run", BELL, "--note", "x".repeat(4097))).toBe("LIMIT_EXCEEDED");
    expect(await refusal("run", BELL, "--note", `ACCESS_TOKEN=${"q7Xz2LmP9".repeat(3)}`)).toBe(
      "SECRET_FOUND",
    );
    expect(await found(home)).toEqual([]);
    const { artifactId } = (await good(home, "run", BELL, "--json")).json<Row>();
    expect(await refusal("annotate", artifactId)).toBe("USAGE");
    expect(await refusal("annotate", artifactId, "--remove-tag", "absent")).toBe("USAGE");
    expect(await refusal("annotate", artifactId, "--note", `ghp_${"a1B2".repeat(9)}`)).toBe("SECRET_FOUND");
    expect(await refusal("annotate", "f".repeat(16), "--tag", "x")).toBe("ARTIFACT_UNKNOWN");
  });

  test.skipIf(!existsSync(PYTHON))(
    "given from Python and TypeScript reach the record of every kind of job, and are found by the command line",
    async () => {
      using home = newHome();
      const server = await home.serve();
      const program = [
        "import arqon",
        "with arqon.Client() as client:",
        `    made = client.run_circuit(${JSON.stringify(BELL)}, seed=3, tags=["python", "bell"], note="été")`,
        '    again = client.replay(made.artifact_id, tags=["python"])',
        '    judged = client.validate(made.artifact_id, [{"kind": "expectation", "observable": "ZZ", "min": 0.9}], tags=["python"])',
        '    assert {row.artifact_id for row in client.runs(tags=["python"])} == {made.artifact_id, again.artifact_id, judged.artifact_id}',
        '    [found] = client.runs(tags=["bell", "python"])',
        '    assert (found.record_id, found.tags) == (made.record_id, ("bell", "python"))',
        "    print(made.artifact_id, again.artifact_id, judged.artifact_id)",
      ].join("\n");
      const env = { ...process.env, ARQON_HOME: home.path, PYTHONPATH: resolve(ROOT, "sdk/python/src") };
      const { stdout } = await run(PYTHON, ["-c", program], { env });
      const [made = "", ...others] = stdout.trim().split(" ");
      expect((await found(home, "python")).sort()).toEqual([made, ...others].sort());
      expect(await found(home, "python", "bell")).toEqual([made]);

      const client = await connect({ url: server.url, apiKey: server.apiKey });
      const files = readZip(await client.fetchBundle(made));
      expect(new TextDecoder().decode(files.get("record/labels.json"))).toBe(
        '{"note":"été","tags":["bell","python"]}\n',
      );
      expect(await client.runs({ tags: ["bell"] })).toMatchObject([
        { artifactId: made, title: "bell.qasm", tags: ["bell", "python"], reproduced: 1 },
      ]);
      expect(await client.runs({ limit: 1 })).toHaveLength(1);
      expect(await client.runs({ tags: ["absent"] })).toEqual([]);
      await expect(client.runs({ limit: 0 })).rejects.toMatchObject({ code: "USAGE" });
      await expect(client.runs({ tags: ["a,b"] })).rejects.toMatchObject({ code: "USAGE" });
      const job = { schema: "s", program: "p" };
      await expect(client.submit("others.jobs", { ...job, tags: [" x"] })).rejects.toMatchObject({
        code: "USAGE",
      });
      await client.close();
      await server.stop();
    },
  );
});
