/** What is exported, judged by programs nobody here wrote. Left out, and said so, where they are not installed. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { canonicalJsonFile, fromUtf8, type JsonObject, parseJson, utf8 } from "@arqon/core/base";
import {
  type BundleFiles,
  biblatex,
  bibtex,
  citationOf,
  cslJson,
  dataciteJson,
  readZip,
  toContainer,
} from "@arqon/core/bundle";
import { Ajv2019 } from "ajv/dist/2019.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newHome } from "../e2e/cli.ts";
import { judgesFolder, tlogJudge } from "./places.ts";

const venv = judgesFolder();
const golden = (name: string): BundleFiles =>
  readZip(new Uint8Array(readFileSync(resolve(import.meta.dirname, "../../core/bundle", name))));
/** What people may call a run, with what every format has to escape. */
const LABELS = { tags: ["50% of #1_a & <b>", "bell"], note: "first light {2} & $3\nand the <second> line" };
/** A replay whose metadata are complete, and a run of which nobody said who made it. */
const complete = golden("golden-replay.zip");
const bare = golden("golden.zip");

const why = "no venv with tests/judges/requirements.txt in .services/judges";
describe.skipIf(!venv)(`outside judges${venv ? "" : ` (left out: ${why})`}`, () => {
  let scratch: string;
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), "arqon-judges-"));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  const write = (name: string, files: BundleFiles): string => {
    const root = join(scratch, name);
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), bytes);
    }
    return root;
  };
  const judge = (program: string, ...args: string[]) =>
    execute(join(venv as string, "bin", program), ...args);
  const execute = (program: string, ...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
      execFile(program, args, { cwd: scratch }, (error, stdout, stderr) =>
        done({ code: error ? Number(error.code) || 1 : 0, stdout, stderr }),
      );
    });

  interface CrateReport {
    passed: boolean;
    issues: { severity: string; check: string }[];
    warnings: string[];
  }
  const crate = async (folder: string, profile: string): Promise<CrateReport> => {
    const { stdout, stderr } = await judge("python", join(import.meta.dirname, "crate.py"), folder, profile);
    expect(stdout, stderr).toMatch(/^\{/);
    return JSON.parse(stdout.trim().split("\n").at(-1) as string);
  };

  test.each(["ro-crate-1.1", "process-run-crate-0.5"])(
    "rocrate-validator: a bundle with complete metadata meets all that %s requires and recommends",
    async (profile) => {
      expect(await crate(write("complete", complete), profile)).toEqual({
        passed: true,
        issues: [],
        warnings: [],
      });
    },
  );

  test("rocrate-validator: a bundle without metadata meets all that is required, and lacks only what nobody gave", async () => {
    const { issues, warnings } = await crate(write("bare", bare), "process-run-crate-0.5");
    expect(warnings).toEqual([]);
    expect(issues.map(({ severity, check }) => `${severity} ${check}`).sort()).toEqual([
      "RECOMMENDED process-run-crate-0.5_3.2", // the engine's page
      "RECOMMENDED process-run-crate-0.5_5.1", // the engine's page as its id
      "RECOMMENDED ro-crate-1.1_22.1", // licence
      "RECOMMENDED ro-crate-1.1_22.2", // authors
      "RECOMMENDED ro-crate-1.1_22.3", // publisher
      "RECOMMENDED ro-crate-1.1_31.2", // page of the tenant, who stands in as agent
    ]);
  });

  test("rocrate-validator: refuses a crate whose run has lost its instrument, so it does look", async () => {
    const path = "ro-crate-metadata.json";
    const document = parseJson(fromUtf8(complete.get(path) as Uint8Array), path) as JsonObject;
    const graph = (document["@graph"] as readonly JsonObject[]).map(({ instrument: _lost, ...node }) => node);
    const broken = new Map(complete).set(path, canonicalJsonFile({ ...document, "@graph": graph }));
    const report = await crate(write("broken", broken), "process-run-crate-0.5");
    expect(report.passed).toBe(false);
    expect(report.issues.map(({ severity }) => severity)).toContain("REQUIRED");
  });

  test("cffconvert: CITATION.cff is valid, with and without metadata", async () => {
    for (const [name, files] of [
      ["complete", complete],
      ["bare", bare],
    ] as const) {
      const file = join(write(`cff-${name}`, files), "CITATION.cff");
      const { code, stdout, stderr } = await judge("cffconvert", "--validate", "-i", file);
      expect([code, stdout + stderr]).toEqual([0, expect.stringContaining("valid")]);
    }
    const wrong = join(scratch, "wrong.cff");
    writeFileSync(wrong, "cff-version: 1.2.0\ntitle: x\n");
    expect((await judge("cffconvert", "--validate", "-i", wrong)).code).not.toBe(0);
  });

  test("DataCite: datacite.json follows the schema of the kernel, with and without metadata", async () => {
    const { stdout } = await judge("python", "-c", "import datacite; print(datacite.__path__[0])");
    const schema = JSON.parse(readFileSync(join(stdout.trim(), "schemas/datacite-v4.5.json"), "utf8"));
    // Its identifiers of subschemas are of an older draft, and its metaschema has a fragment Ajv does not know.
    const { $schema: _draft, ...body } = schema;
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(
      JSON.parse(
        JSON.stringify(body, (key, value) => (key === "id" && typeof value === "string" ? undefined : value)),
      ),
    );
    const labelled = new Map(complete).set(
      "datacite.json",
      dataciteJson({ ...citationOf(complete), ...LABELS }),
    );
    for (const files of [complete, bare, labelled]) {
      validate(JSON.parse(fromUtf8(files.get("datacite.json") as Uint8Array)));
      expect(validate.errors).toBeNull();
    }
    expect(validate({})).toBe(false);
  });

  test("bagit.py: the bag is valid, and no longer after a change", async () => {
    const root = write("bag", toContainer(complete, "bagit"));
    const good = await judge("bagit.py", "--validate", root);
    expect([good.code, good.stderr]).toEqual([0, expect.stringContaining("is valid")]);
    writeFileSync(join(root, "data/VERIFY.md"), utf8("x"));
    expect((await judge("bagit.py", "--validate", root)).code).not.toBe(0);
  });

  test("a run as its user exports it: every judge accepts it, and none that was changed", async () => {
    using home = newHome();
    mkdirSync(home.path, { mode: 0o700 });
    const who = {
      name: "Lovelace, Ada",
      orcid: "0000-0002-1825-0097",
      institution: "CERN",
      ror: "https://ror.org/01ggx4157",
    };
    const publisher = { publisher: "Example Archive", publisherUrl: "https://example.org/archive" };
    const profile = {
      creators: [who],
      licence: "CC-BY-4.0",
      ...publisher,
      softwareUrl: "https://example.org/engine",
    };
    writeFileSync(join(home.path, "profile.json"), JSON.stringify(profile));
    const bell = resolve(import.meta.dirname, "../../examples/bell.qasm");
    const labels = [...LABELS.tags.flatMap((tag) => ["--tag", tag]), "--note", LABELS.note];
    const run = await home.arqon(["run", bell, "--seed", "3", "--json", ...labels]);
    const { artifactId } = run.json<{ artifactId: string }>();
    const [folder, bag] = [home.file("run"), home.file("bag")];
    expect((await home.arqon(["export", artifactId, folder, "--format", "dir"])).code).toBe(0);
    expect((await home.arqon(["export", artifactId, bag, "--format", "bagit"])).code).toBe(0);

    for (const profileName of ["ro-crate-1.1", "process-run-crate-0.5"])
      expect(await crate(folder, profileName)).toEqual({ passed: true, issues: [], warnings: [] });
    const cff = join(folder, "CITATION.cff");
    expect((await judge("cffconvert", "--validate", "-i", cff)).code).toBe(0);
    const read = await judge("cffconvert", "-f", "schema.org", "-i", cff);
    expect(JSON.parse(read.stdout)).toMatchObject({ keywords: LABELS.tags, description: LABELS.note });
    expect((await judge("bagit.py", "--validate", bag)).code).toBe(0);

    const envelope = join(folder, "attestations/provenance.dsse.json");
    const signatures = JSON.parse(readFileSync(envelope, "utf8"))["signatures"] as { keyid: string }[];
    const pem = join(folder, "attestations/keys/ed25519.pub.pem");
    const dsse = (file: string, key: number) =>
      judge("python", join(import.meta.dirname, "dsse.py"), file, pem, signatures[key]?.keyid ?? "");
    const opened = await dsse(envelope, 0);
    expect(opened.stdout, opened.stderr).toContain("https://in-toto.io/Statement/v1");
    const forged = join(scratch, "forged.json");
    const text = readFileSync(envelope, "utf8");
    writeFileSync(forged, text.replace(/"payload":"./, '"payload":"f'));
    expect((await dsse(forged, 0)).code).not.toBe(0);

    const tlog = tlogJudge();
    if (tlog) {
      const go = () => execute(tlog, folder);
      expect(await go()).toMatchObject({ code: 0, stdout: "ok\n" });
      writeFileSync(envelope, `${text} `);
      expect((await go()).code).not.toBe(0);
    }
  });

  test("pandoc: reads authors, title, day and note back from biblatex, BibTeX and CSL-JSON as they were", async () => {
    const title = "50% of #1_a & ~b ^c \\d $e$ {f}";
    const citation = { ...citationOf(complete, { title, publisher: "A & B" }), ...LABELS };
    const pandoc = async (from: string, text: string | Uint8Array): Promise<JsonObject> => {
      const file = join(scratch, `entry.${from}`);
      writeFileSync(file, text);
      const script =
        "import pypandoc,sys; print(pypandoc.convert_file(sys.argv[2],'csljson',format=sys.argv[1]))";
      const { stdout, stderr } = await judge("python", "-c", script, from, file);
      expect(stdout, stderr).toMatch(/^\[/);
      return (JSON.parse(stdout) as JsonObject[])[0] as JsonObject;
    };
    const entries = {
      biblatex: await pandoc("biblatex", biblatex(citation)),
      bibtex: await pandoc("bibtex", bibtex(citation)),
      csljson: await pandoc("csljson", cslJson(citation)),
    };
    for (const [name, entry] of Object.entries(entries)) {
      const plain = String(entry["title"]).replace(/<span class="nocase">(.*)<\/span>/, "$1");
      expect([name, plain]).toEqual([name, name === "csljson" ? expect.any(String) : title]);
      expect(entry["author"]).toEqual([
        { family: "Lovelace", given: "Ada" },
        { family: "Größe", given: expect.stringContaining("A. & B.") },
      ]);
      expect(String(entry["note"]), name).toContain(citation.artifactId);
      expect(entry["publisher"], name).toBe("A & B");
      expect(entry["keyword"], name).toBe(LABELS.tags.join(", "));
      expect(String(entry["abstract"]).replace(/\s+/g, " "), name).toBe(LABELS.note.replace("\n", " "));
    }
    expect(entries.biblatex["type"]).toBe("dataset");
    expect(entries.biblatex["issued"]).toEqual({ "date-parts": [[2026, 1, 2]] });
  });
});
